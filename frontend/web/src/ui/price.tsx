import { formatMoney, type Money } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';

/** A price, with what it was before if it was more. */
export function Price({ price, before, locale }: { price: Money; before?: Money | null | undefined; locale: Locale }) {
  const reduced = before && before.amount > price.amount;
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-2 tabular-nums">
      <span className={reduced ? 'font-semibold text-berry' : 'font-semibold'}>{formatMoney(price, locale)}</span>
      {reduced ? <s className="text-sm text-soft">{formatMoney(before, locale)}</s> : null}
    </span>
  );
}
