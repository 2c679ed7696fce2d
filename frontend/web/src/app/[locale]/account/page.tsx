import { Overview } from '@/account/overview';
import { metadataOf } from '@/account/pages';

export const generateMetadata = metadataOf('overview');

export default Overview;
