import { cardPage, metadataOf } from '@/account/pages';
import { SignInForm } from '@/account/sign-in-form';

export const generateMetadata = metadataOf('sign_in');

export default cardPage('sign_in', SignInForm, 'sign_in_intro');
