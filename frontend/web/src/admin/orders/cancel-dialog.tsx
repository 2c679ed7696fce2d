'use client';

import { typed } from '@/account/use-submit';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field } from '@/ui/field';
import { Notice } from '@/ui/notice';

import { useAdmin } from '../frame/admin-texts';
import { useSay } from '../frame/toasts';
import { Trouble } from '../frame/trouble';
import { useAct } from '../frame/use-act';
import { cancel, type Order } from './calls';

export type Act = { order: Order; onClose: () => void; onDone: () => void };

export function CancelDialog({ order, onClose, onDone }: Act) {
  const { t } = useAdmin();
  const say = useSay();
  const { submit, busy, failure, errors } = useAct(
    (values) => cancel(order.id, typed(values, 'reason') ?? 'cancelled_by_staff'),
    () => {
      say(t('cancelled', { number: order.number }));
      onDone();
    },
  );
  return (
    <Dialog open onClose={onClose} title={t('cancel_order')} closeLabel={t('close')}>
      <form onSubmit={submit} className="grid gap-4 p-5" noValidate>
        <Trouble failure={failure} />
        <Notice title={t('cancel_what')} />
        <Field name="reason" label={t('reason')} error={errors['reason']} maxLength={200} />
        <Button type="submit" look="danger" busy={busy}>
          {t('cancel_order')}
        </Button>
      </form>
    </Dialog>
  );
}
