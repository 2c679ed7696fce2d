'use client';

import { formatMoney, type Money } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';

export type Sums = {
  subtotal: Money;
  discount: Money;
  shipping: Money;
  tax: Money;
  tax_included: boolean;
  total: Money;
};

/** What makes up the price. Until it is known, dashes keep its place. */
export function Totals({ sums, locale, settled = true }: { sums: Sums | null; locale: Locale; settled?: boolean }) {
  const t = useTexts('checkout');
  const say = (money: Money | undefined) => (money ? formatMoney(money, locale) : '—');
  return (
    <div aria-busy={!settled} className={settled ? '' : 'opacity-60 transition-opacity delay-200'}>
      <dl className="space-y-2 tabular-nums">
        <Row name={t('subtotal')} value={say(sums?.subtotal)} />
        {sums && sums.discount.amount > 0 ? <Row name={t('discount')} value={`− ${say(sums.discount)}`} /> : null}
        <Row name={t('shipping_cost')} value={sums?.shipping.amount === 0 ? t('free') : say(sums?.shipping)} />
        {sums && !sums.tax_included && sums.tax.amount > 0 ? <Row name={t('tax')} value={say(sums.tax)} /> : null}
        <div className="flex items-baseline justify-between gap-4 border-t border-line pt-3 text-lg font-semibold">
          <dt>{t('total')}</dt>
          <dd>{say(sums?.total)}</dd>
        </div>
      </dl>
      <p className="mt-1 text-right text-sm text-soft empty:hidden">
        {sums?.tax_included && sums.tax.amount > 0 ? t('tax_included', { tax: say(sums.tax) }) : null}
      </p>
    </div>
  );
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <div className="flex justify-between gap-4">
      <dt className="text-soft">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
