import { Profile } from '@/account/profile';
import { metadataOf } from '@/account/pages';

export const generateMetadata = metadataOf('profile');

export default Profile;
