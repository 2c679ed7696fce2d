import { cardPage, metadataOf } from '@/account/pages';
import { ForgotForm } from '@/account/forgot-form';

export const generateMetadata = metadataOf('forgot_title');

export default cardPage('forgot_title', ForgotForm, 'forgot_intro');
