import { DashboardPage } from '@/admin/dashboard/dashboard-page';

export default DashboardPage;
