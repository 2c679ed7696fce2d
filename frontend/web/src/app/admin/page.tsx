import { SHOP_NAME } from '@/shop/settings';

export default function Dashboard() {
  return <h1 className="shell py-10 text-3xl">{SHOP_NAME}</h1>;
}
