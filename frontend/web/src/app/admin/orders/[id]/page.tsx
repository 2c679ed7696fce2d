import { OrderPage } from '@/admin/orders/order-page';

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <OrderPage key={id} id={id} />;
}
