import { ProductEditor } from '@/admin/products/editor';

export default function Page() {
  return <ProductEditor id={null} />;
}
