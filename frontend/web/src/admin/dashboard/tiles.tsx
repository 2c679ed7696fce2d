'use client';

import type { ReactNode } from 'react';

import { formatMoney } from '@/i18n/format';

import { useAdmin } from '../frame/admin-texts';
import type { Dashboard } from './calls';

/** Today in four figures, with yesterday beside them; `aMinute` comes live, or not at all. */
export function Tiles({ found, aMinute }: { found: Dashboard | null; aMinute: number | null }) {
  const { t, locale } = useAdmin();
  const yesterday = found?.yesterday;
  return (
    <dl className="grid grid-cols-2 gap-4 xl:grid-cols-4">
      <Tile
        name={t('sales_today')}
        more={yesterday ? t('yesterday', { value: formatMoney(yesterday.sales, locale) }) : ''}
      >
        {found ? formatMoney(found.today.sales, locale) : null}
      </Tile>
      <Tile name={t('orders_today')} more={yesterday ? t('yesterday', { value: yesterday.orders }) : ''}>
        {found ? found.today.orders.toLocaleString(locale) : null}
      </Tile>
      <Tile name={t('items_today')} more={yesterday ? t('yesterday', { value: yesterday.items }) : ''}>
        {found ? found.today.items.toLocaleString(locale) : null}
      </Tile>
      <Tile name={t('a_minute')} more={aMinute === null ? t('live_waiting') : t('live')}>
        {aMinute === null ? '–' : aMinute.toLocaleString(locale)}
      </Tile>
    </dl>
  );
}

function Tile({ name, more, children }: { name: string; more: string; children: ReactNode }) {
  return (
    <div className="rounded-stall border border-line bg-stall p-4 sm:p-5">
      <dt className="text-sm text-soft">{name}</dt>
      <dd className="mt-1 min-h-8 font-display text-2xl font-semibold tabular-nums">{children}</dd>
      <dd className="mt-1 min-h-5 text-sm text-soft">{more}</dd>
    </div>
  );
}
