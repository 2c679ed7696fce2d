import { ProductEditor } from '@/admin/products/editor';

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <ProductEditor key={id} id={id} />;
}
