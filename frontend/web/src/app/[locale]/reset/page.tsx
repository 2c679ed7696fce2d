import { cardPage, metadataOf } from '@/account/pages';
import { ResetForm } from '@/account/reset-form';

export const generateMetadata = metadataOf('reset_title');

export default cardPage('reset_title', ResetForm);
