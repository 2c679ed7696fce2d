'use client';

import { useRef, useState } from 'react';

import { exact, typed } from '@/account/use-submit';
import { newKey } from '@/api/idempotency-key';
import { formatMoney } from '@/i18n/format';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field } from '@/ui/field';

import { useAdmin } from '../frame/admin-texts';
import { useSay } from '../frame/toasts';
import { Trouble } from '../frame/trouble';
import { useAct } from '../frame/use-act';
import { minorOf } from '../money';
import { refund, type Order } from './calls';
import type { Act } from './cancel-dialog';

/** Money back by goods, which return to the stock, or as an amount; the same refund sent twice is one. */
export function RefundDialog({ order, onClose, onDone }: Act) {
  const { t, locale } = useAdmin();
  const say = useSay();
  const [byLines, setByLines] = useState(true);
  const [sending, setSending] = useState<readonly string[]>([]);
  const keys = useRef(new Map<string, string>());
  const left = { ...order.captured, amount: order.captured.amount - order.refunded.amount };
  const returnable = order.lines.filter((line) => line.refunded < line.quantity);

  /** The same refund sent again has the same key, another one another. */
  function send(body: Parameters<typeof refund>[2]) {
    const what = JSON.stringify(body);
    const key = keys.current.get(what) ?? newKey();
    keys.current.set(what, key);
    return refund(order.id, key, body);
  }

  const { submit, busy, failure, errors } = useAct(
    (values) => {
      const reason = typed(values, 'reason') ?? '';
      if (!byLines) {
        const amount = { amount: minorOf(exact(values, 'amount'), left.currency) ?? 0, currency: left.currency };
        return send({ amount, reason });
      }
      const restock = values.get('restock') !== null;
      const lines = returnable
        .map(({ sku }) => ({ sku, quantity: Number(exact(values, sku)), restock }))
        .filter(({ quantity }) => quantity > 0);
      setSending(lines.map(({ sku }) => sku));
      return send({ lines, reason });
    },
    (done) => {
      say(t('refund_done', { amount: formatMoney(done.amount, locale) }));
      onDone();
    },
  );
  return (
    <Dialog open onClose={onClose} title={t('refund')} closeLabel={t('close')}>
      <form onSubmit={submit} className="grid gap-4 p-5" noValidate>
        <Trouble failure={failure} said={{ lines: t('nothing_chosen') }} />
        <p>{t('refund_left', { amount: formatMoney(left, locale) })}</p>
        <fieldset className="flex flex-wrap gap-x-6">
          <legend className="sr-only">{t('refund_how')}</legend>
          <Way
            checked={byLines}
            name={t('refund_goods')}
            choose={() => {
              setByLines(true);
            }}
          />
          <Way
            checked={!byLines}
            name={t('refund_amount')}
            choose={() => {
              setByLines(false);
            }}
          />
        </fieldset>
        {byLines ? (
          <Goods lines={returnable} error={(sku) => errors[`lines.${sending.indexOf(sku)}.quantity`]} />
        ) : (
          <Field
            name="amount"
            inputMode="decimal"
            label={t('amount', { currency: left.currency })}
            error={errors['amount.amount'] ?? errors['amount']}
          />
        )}
        <Field name="reason" label={t('reason')} required maxLength={200} error={errors['reason']} />
        <Button type="submit" busy={busy}>
          {t('refund_yes')}
        </Button>
      </form>
    </Dialog>
  );
}

function Way({ checked, name, choose }: { checked: boolean; name: string; choose: () => void }) {
  return (
    <label className="flex min-h-11 items-center gap-2">
      <input type="radio" name="way" checked={checked} onChange={choose} className="size-5 accent-leaf" />
      {name}
    </label>
  );
}

function Goods({ lines, error }: { lines: Order['lines']; error: (sku: string) => string | undefined }) {
  const { t } = useAdmin();
  return (
    <>
      {lines.map((line) => (
        <Field
          key={line.sku}
          name={line.sku}
          type="number"
          inputMode="numeric"
          label={line.name}
          hint={t('of_units', { count: line.quantity - line.refunded })}
          min={0}
          max={line.quantity - line.refunded}
          defaultValue={0}
          error={error(line.sku)}
        />
      ))}
      <label className="flex min-h-11 items-center gap-2">
        <input type="checkbox" name="restock" defaultChecked className="size-5 accent-leaf" />
        {t('restock')}
      </label>
    </>
  );
}
