import { Suspense } from 'react';

import { StockPage } from '@/admin/stock/stock-page';

export default function Page() {
  return (
    <Suspense>
      <StockPage />
    </Suspense>
  );
}
