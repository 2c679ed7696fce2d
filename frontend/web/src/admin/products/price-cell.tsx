'use client';

import { useState, type SubmitEvent } from 'react';

import { useAdmin } from '../frame/admin-texts';
import { useSay } from '../frame/toasts';
import { majorOf, minorOf } from '../money';
import { changePrice, type Product, type Variant } from './calls';

/** A price that is changed where it stands: Enter or leaving it saves, Escape takes the change back. */
export function PriceCell({ variant, put }: { variant: Variant; put: (product: Product) => void }) {
  const { t, locale } = useAdmin();
  const say = useSay();
  const { amount, currency } = variant.price;
  const kept = majorOf(amount, currency, locale);
  const [text, setText] = useState(kept);
  const [busy, setBusy] = useState(false);
  const wanted = minorOf(text, currency);

  async function save(event?: SubmitEvent) {
    event?.preventDefault();
    if (busy || wanted === null || wanted === amount) return;
    setBusy(true);
    const result = await changePrice(variant.sku, { amount: wanted, currency });
    setBusy(false);
    if (result.ok) {
      put(result.data);
      say(t('price_saved', { sku: variant.sku }));
    } else {
      say(result.failure.problem?.detail ?? t('failed'), { bad: true });
    }
  }

  return (
    <form onSubmit={save} className="flex items-center gap-2">
      <span className="w-28 truncate text-xs text-soft" title={variant.sku}>
        {variant.name || variant.sku}
      </span>
      <input
        aria-label={t('price_of', { sku: variant.sku, currency })}
        aria-invalid={wanted === null || undefined}
        inputMode="decimal"
        value={text}
        disabled={busy}
        onChange={(event) => {
          setText(event.target.value);
        }}
        onBlur={() => void save()}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setText(kept);
        }}
        className="h-10 w-24 rounded-lg border border-line bg-transparent px-2 text-right tabular-nums focus:bg-paper aria-[invalid]:border-berry"
      />
    </form>
  );
}
