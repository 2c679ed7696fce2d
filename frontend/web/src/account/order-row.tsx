'use client';

import Link from 'next/link';

import { formatDate, formatMoney } from '@/i18n/format';
import { useLocale, useTexts } from '@/i18n/texts';
import { Picture } from '@/ui/picture';

import type { Order } from './calls';

const PICTURES_MAX = 3;

/** How an order stands, in one word. */
function standing(order: Order) {
  if (order.status === 'cancelled') return 'state_cancelled';
  if (order.payment_status === 'refunded') return 'state_refunded';
  if (order.status === 'pending') return 'state_pending';
  if (order.fulfilment_status === 'fulfilled') return 'state_sent';
  return order.fulfilment_status === 'partial' ? 'state_partly' : 'state_confirmed';
}

export function OrderRow({ order }: { order: Order }) {
  const t = useTexts('account');
  const locale = useLocale();
  const count = order.lines.reduce((sum, line) => sum + line.quantity, 0);
  const pictures = order.lines.flatMap((line) => (line.image ? [line.image] : [])).slice(0, PICTURES_MAX);
  return (
    <Link
      href={`/${locale}/orders/${order.id}`}
      prefetch={false}
      className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-stall border border-line bg-stall p-4 hover:border-soft"
    >
      <span className="flex -space-x-3 empty:hidden" aria-hidden="true">
        {pictures.map((image) => (
          <span key={image.url} className="grid size-12 place-items-center rounded-full bg-sunken ring-2 ring-stall">
            <Picture image={{ ...image, alt: '' }} sizes="36px" className="size-8 object-contain" />
          </span>
        ))}
      </span>
      <span className="min-w-40 flex-1">
        <span className="block font-semibold">{t('order_number', { number: order.number })}</span>
        <span className="block text-sm text-soft">
          {formatDate(order.placed_at, locale)} · {t('items', { count })}
        </span>
      </span>
      <span className="flex items-center justify-between gap-4 max-sm:w-full">
        <span className="rounded-full bg-sunken px-3 py-1 text-sm font-medium">{t(standing(order))}</span>
        <span className="font-semibold tabular-nums">{formatMoney(order.total, locale)}</span>
      </span>
    </Link>
  );
}
