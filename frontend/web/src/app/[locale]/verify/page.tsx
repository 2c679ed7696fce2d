import { cardPage, metadataOf } from '@/account/pages';
import { Verify } from '@/account/verify';

export const generateMetadata = metadataOf('verify_title');

export default cardPage('verify_title', Verify);
