import { cardPage, metadataOf } from '@/account/pages';
import { RegisterForm } from '@/account/register-form';

export const generateMetadata = metadataOf('open_account');

export default cardPage('open_account', RegisterForm, 'open_account_intro');
