'use client';

import { formatMoney } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';

import type { Cart } from './state';

export function Subtotal({ cart, locale }: { cart: Cart; locale: Locale }) {
  const t = useTexts('cart');
  return (
    <div>
      <p className="flex items-baseline justify-between gap-4 text-lg font-semibold">
        <span>{t('subtotal')}</span>
        <span className="tabular-nums" aria-live="polite">
          {formatMoney(cart.subtotal, locale)}
        </span>
      </p>
      <p className="mt-1 text-sm text-soft">{t('subtotal_hint')}</p>
    </div>
  );
}
