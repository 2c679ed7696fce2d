'use client';

import { useState } from 'react';

import { exact, typed } from '@/account/use-submit';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field } from '@/ui/field';

import { useAdmin } from '../frame/admin-texts';
import { useSay } from '../frame/toasts';
import { Trouble } from '../frame/trouble';
import { useAct } from '../frame/use-act';
import { fulfil } from './calls';
import type { Act } from './cancel-dialog';

export function FulfilDialog({ order, onClose, onDone }: Act) {
  const { t } = useAdmin();
  const say = useSay();
  const left = order.lines.filter((line) => line.to_send > 0);
  const [sending, setSending] = useState<readonly string[]>([]);
  const { submit, busy, failure, errors } = useAct(
    (values) => {
      const lines = left
        .map(({ sku }) => ({ sku, quantity: Number(exact(values, sku)) }))
        .filter(({ quantity }) => quantity > 0);
      setSending(lines.map(({ sku }) => sku));
      return fulfil(order.id, { lines, carrier: typed(values, 'carrier'), tracking: typed(values, 'tracking') });
    },
    () => {
      say(t('fulfilled', { number: order.number }));
      onDone();
    },
  );
  return (
    <Dialog open onClose={onClose} title={t('fulfil')} closeLabel={t('close')}>
      <form onSubmit={submit} className="grid gap-4 p-5" noValidate>
        <Trouble failure={failure} said={{ lines: t('nothing_chosen') }} />
        {left.map((line) => (
          <Field
            key={line.sku}
            name={line.sku}
            type="number"
            inputMode="numeric"
            label={line.name}
            hint={t('of_units', { count: line.to_send })}
            min={0}
            max={line.to_send}
            defaultValue={line.to_send}
            error={errors[`lines.${sending.indexOf(line.sku)}.quantity`]}
          />
        ))}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field name="carrier" label={t('carrier')} error={errors['carrier']} />
          <Field name="tracking" label={t('tracking')} error={errors['tracking']} />
        </div>
        <Button type="submit" busy={busy}>
          {t('fulfil_yes')}
        </Button>
      </form>
    </Dialog>
  );
}
