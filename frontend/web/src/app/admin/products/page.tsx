import { Suspense } from 'react';

import { ProductsPage } from '@/admin/products/products-page';

export default function Page() {
  return (
    <Suspense>
      <ProductsPage />
    </Suspense>
  );
}
