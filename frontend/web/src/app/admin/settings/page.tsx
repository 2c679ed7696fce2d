import { SettingsPage } from '@/admin/settings/settings-page';

export default SettingsPage;
