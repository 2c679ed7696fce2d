import { ImportPage } from '@/admin/import/import-page';

export default ImportPage;
