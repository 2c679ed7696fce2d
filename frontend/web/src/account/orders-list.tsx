'use client';

import { useState } from 'react';

import type { Failure } from '@/api/problem';
import { useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';

import { Waiting } from './account-frame';
import { askOrders } from './calls';
import { FailureNotice } from './failure-notice';
import { OrderRow } from './order-row';
import { NoOrders } from './overview';
import { Unanswered } from './unanswered';
import { useMine } from './use-mine';

const askFirst = () => askOrders();

export function OrdersList() {
  const t = useTexts('account');
  const { data, failure, reload, set } = useMine(askFirst);
  const [busy, setBusy] = useState(false);
  const [stuck, setStuck] = useState<Failure | null>(null);

  async function more() {
    if (!data?.next || busy) return;
    setBusy(true);
    const result = await askOrders(data.next);
    setBusy(false);
    setStuck(result.ok ? null : result.failure);
    if (result.ok) set({ items: [...data.items, ...result.data.items], next: result.data.next });
  }

  return (
    <div className="grid gap-4">
      <h1 className="text-3xl">{t('orders')}</h1>
      {failure ? <Unanswered failure={failure} retry={reload} /> : null}
      {!data && !failure ? <Waiting /> : null}
      {data?.items.map((order) => (
        <OrderRow key={order.id} order={order} />
      ))}
      {data?.items.length === 0 ? <NoOrders /> : null}
      <FailureNotice failure={stuck} />
      {data?.next ? (
        <p>
          <Button look="quiet" busy={busy} onClick={more}>
            {t('more_orders')}
          </Button>
        </p>
      ) : null}
    </div>
  );
}
