import { OrdersList } from '@/account/orders-list';
import { metadataOf } from '@/account/pages';

export const generateMetadata = metadataOf('orders');

export default OrdersList;
