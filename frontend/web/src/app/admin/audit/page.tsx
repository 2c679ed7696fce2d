import { Suspense } from 'react';

import { AuditPage } from '@/admin/audit/audit-page';

export default function Page() {
  return (
    <Suspense>
      <AuditPage />
    </Suspense>
  );
}
