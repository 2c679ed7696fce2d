'use client';

import Link from 'next/link';
import { useEffect, useState, type ReactNode } from 'react';

import { useMine } from '@/account/use-mine';
import { formatMoney } from '@/i18n/format';
import { useLive } from '@/live/use-live';
import { Button } from '@/ui/button';

import { useAdmin } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { Trouble } from '../frame/trouble';
import { OrderStates } from '../orders/order-states';
import { Bars } from './bars';
import { askDashboard, askLow, askNewest, type Dashboard } from './calls';
import { Tiles } from './tiles';

const TOPICS = ['admin/orders', 'admin/metrics'];
const SETTLE_MS = 2_000; // The books are a moment behind the orders, and are read once for all that come together.

export function DashboardPage() {
  const { t, locale } = useAdmin();
  const sales = useMine(askDashboard);
  const low = useMine(askLow);
  const newest = useMine(askNewest);
  const { reload: reloadSales } = sales;
  const { reload: reloadLow } = low;
  const { reload: reloadNewest } = newest;
  const [aMinute, setAMinute] = useState<number | null>(null);
  const [stale, setStale] = useState(false);

  useLive(TOPICS, ({ type, data }) => {
    if (type !== 'metrics') setStale(true);
    else if (typeof data === 'object' && data && 'orders_per_minute' in data)
      setAMinute(Number(data.orders_per_minute));
  });
  useEffect(() => {
    if (!stale) return;
    const timer = setTimeout(() => {
      setStale(false);
      reloadSales();
      reloadLow();
      reloadNewest();
    }, SETTLE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [stale, reloadSales, reloadLow, reloadNewest]);

  const failure = sales.failure ?? low.failure ?? newest.failure;
  return (
    <>
      <Heading title={t('dashboard')} />
      <div className="grid gap-6">
        {failure ? (
          <div className="grid justify-items-start gap-4">
            <Trouble failure={failure} />
            <Button
              look="quiet"
              onClick={() => {
                reloadSales();
                reloadLow();
                reloadNewest();
              }}
            >
              {t('retry')}
            </Button>
          </div>
        ) : null}
        <Tiles found={sales.data} aMinute={aMinute} />
        <Panel title={t('sales_by_hour')} more={sales.data?.time_zone}>
          <div className={sales.data ? '' : 'min-h-40'}>{sales.data ? <Sales found={sales.data} /> : null}</div>
        </Panel>
        <div className="grid gap-6 xl:grid-cols-2">
          <Panel title={t('newest_orders')}>
            <Rows empty={newest.data?.items.length === 0 ? t('no_orders') : ''}>
              {newest.data?.items.map((order) => (
                <Row key={order.id} href={`/admin/orders/${order.id}`} name={order.number} more={order.email}>
                  <OrderStates order={order} />
                  <span className="tabular-nums">{formatMoney(order.total, locale)}</span>
                </Row>
              ))}
            </Rows>
          </Panel>
          <Panel title={t('low_stock')}>
            <Rows empty={low.data?.items.length === 0 ? t('no_low_stock') : ''}>
              {low.data?.items.map((row) => (
                <Row
                  key={row.sku}
                  href={`/admin/stock?q=${encodeURIComponent(row.sku)}`}
                  name={row.name}
                  more={row.sku}
                >
                  <span className={`font-semibold tabular-nums ${row.available <= 0 ? 'text-berry' : ''}`}>
                    {row.available > 0 ? t('left', { count: row.available }) : t('sold_out')}
                  </span>
                </Row>
              ))}
            </Rows>
          </Panel>
        </div>
        <Panel title={t('top_products')} more={t('of_seven_days')}>
          <Rows empty={sales.data?.top_products.length === 0 ? t('no_orders') : ''}>
            {sales.data?.top_products.map((product) => (
              <Row
                key={product.sku}
                href={`/admin/stock?q=${encodeURIComponent(product.sku)}`}
                name={product.name}
                more={product.sku}
              >
                <span className="text-soft tabular-nums">{t('sold', { count: product.quantity })}</span>
                <span className="tabular-nums">{formatMoney(product.sales, locale)}</span>
              </Row>
            ))}
          </Rows>
        </Panel>
      </div>
    </>
  );
}

/** A chart of nothing says nothing. */
function Sales({ found }: { found: Dashboard }) {
  const { t } = useAdmin();
  return found.hours.some((hour) => hour.orders > 0) ? (
    <Bars found={found} />
  ) : (
    <p className="py-4 text-soft">{t('no_sales')}</p>
  );
}

function Panel({ title, more = '', children }: { title: string; more?: string | undefined; children: ReactNode }) {
  return (
    <section className="min-w-0 rounded-stall border border-line bg-stall p-4 sm:p-5">
      <div className="mb-4 flex items-baseline justify-between gap-4">
        <h2 className="text-lg">{title}</h2>
        <span className="text-sm text-soft">{more}</span>
      </div>
      {children}
    </section>
  );
}

function Rows({ empty, children }: { empty: string; children: ReactNode }) {
  return empty ? (
    <p className="py-4 text-soft">{empty}</p>
  ) : (
    <ul className="min-h-40 divide-y divide-line">{children}</ul>
  );
}

function Row({ href, name, more, children }: { href: string; name: string; more: string; children: ReactNode }) {
  return (
    <li>
      <Link
        href={href}
        prefetch={false}
        className="-mx-2 flex flex-wrap items-center gap-x-4 rounded-lg px-2 py-2.5 hover:bg-paper"
      >
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{name}</span>
          {more ? <span className="block truncate text-sm text-soft">{more}</span> : null}
        </span>
        {children}
      </Link>
    </li>
  );
}
