'use client';

import Link from 'next/link';

import { LinePicture } from '@/cart/cart-line';
import { Totals } from '@/checkout/totals';
import { formatMoney } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';

import type { Order } from './steps';

export function OrderLines({ order, locale }: { order: Order; locale: Locale }) {
  const t = useTexts('order');
  return (
    <>
      <ul className="mb-5 divide-y divide-line">
        {order.lines.map((line) => (
          <li key={line.sku} className="flex items-center gap-3 py-3">
            <LinePicture line={line} small />
            <span className="min-w-0 flex-1">
              {line.product_slug === null ? (
                <span className="break-words">{line.name}</span>
              ) : (
                <Link
                  href={`/${locale}/products/${line.product_slug}`}
                  prefetch={false}
                  className="break-words underline-offset-4 hover:underline"
                >
                  {line.name}
                </Link>
              )}
              <span className="block text-sm text-soft tabular-nums">
                {t('quantity', { quantity: line.quantity, price: formatMoney(line.unit_price, locale) })}
              </span>
            </span>
            <span className="shrink-0 tabular-nums">{formatMoney(line.total, locale)}</span>
          </li>
        ))}
      </ul>
      <Totals sums={order} locale={locale} />
    </>
  );
}
