import { Suspense } from 'react';

import { OrdersPage } from '@/admin/orders/orders-page';

export default function Page() {
  return (
    <Suspense>
      <OrdersPage />
    </Suspense>
  );
}
