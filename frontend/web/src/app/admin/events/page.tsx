import { EventsPage } from '@/admin/events/events-page';

export default EventsPage;
