'use client';

import { useId, useState, type SubmitEvent } from 'react';

import { useAdmin } from '../frame/admin-texts';
import { useSay } from '../frame/toasts';
import { troubleOf } from '../frame/trouble';
import { majorOf, minorOf } from '../money';
import { changePrice, type Product, type Variant } from './calls';

/** A price that is changed where it stands: Enter or leaving it saves, Escape takes the change back. */
export function PriceCell({ variant, put }: { variant: Variant; put: (product: Product) => void }) {
  const { t, locale } = useAdmin();
  const say = useSay();
  const id = useId();
  const { amount, currency } = variant.price;
  const kept = majorOf(amount, currency, locale);
  const [typed, setTyped] = useState<string | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const text = typed ?? kept;
  const wanted = minorOf(text, currency);
  const isWrong = wanted === null || text === refused;

  async function save(isAsked: boolean) {
    // What was refused is not sent again by only leaving the field.
    if (busy || wanted === null || (text === refused && !isAsked)) return;
    if (wanted === amount) {
      setTyped(null);
      return;
    }
    setBusy(true);
    const result = await changePrice(variant.sku, { amount: wanted, currency });
    setBusy(false);
    if (result.ok) {
      put(result.data);
      setTyped(null);
      setRefused(null);
      say(t('price_saved', { sku: variant.sku }));
    } else {
      setRefused(text);
      say(troubleOf(result.failure, t), { bad: true });
    }
  }

  return (
    <form
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        void save(true);
      }}
      className="flex items-center gap-2"
    >
      <span className="w-28 truncate text-xs text-soft max-sm:w-20" title={variant.sku}>
        {variant.name || variant.sku}
      </span>
      <input
        aria-label={t('price_of', { sku: variant.sku, currency })}
        aria-invalid={isWrong || undefined}
        aria-describedby={wanted === null ? id : undefined}
        aria-busy={busy || undefined}
        inputMode="decimal"
        value={text}
        readOnly={busy}
        onChange={(event) => {
          setTyped(event.target.value);
        }}
        onBlur={() => void save(false)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          setTyped(null);
          setRefused(null);
        }}
        className="h-10 w-24 rounded-lg border border-line bg-transparent px-2 text-right tabular-nums focus:bg-paper aria-[invalid]:border-berry"
      />
      <span id={id} role="alert" className="text-xs text-berry empty:hidden">
        {wanted === null ? t('price_wrong') : null}
      </span>
    </form>
  );
}
