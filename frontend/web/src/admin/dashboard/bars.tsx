'use client';

import { formatMoney } from '@/i18n/format';

import { useAdmin } from '../frame/admin-texts';
import type { Dashboard } from './calls';

const LABEL_EVERY = 6;
const LEAST_PERCENT = 2; // So that an hour that sold little is still seen.

/** Sales by the hour of the reader's clock, drawn; the same as a table for those who do not see it. */
export function Bars({ found: { hours, time_zone: timeZone, currency } }: { found: Dashboard }) {
  const { t, locale } = useAdmin();
  const most = Math.max(1, ...hours.map((hour) => hour.sales.amount));
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone });
  return (
    <figure>
      <p className="text-right text-xs text-soft tabular-nums" aria-hidden="true">
        {formatMoney({ amount: most, currency }, locale)}
      </p>
      <div role="img" aria-label={t('sales_by_hour')} className="border-t border-b border-line">
        <div className="flex h-44 items-end gap-[2px] sm:gap-1">
          {hours.map((hour) => (
            <div
              key={hour.at}
              title={`${clock.format(new Date(hour.at))}: ${formatMoney(hour.sales, locale)}, ${t('orders_count', { count: hour.orders })}`}
              className="flex h-full flex-1 items-end rounded-t hover:bg-sunken"
            >
              <span
                className="w-full rounded-t bg-leaf"
                style={{
                  height: hour.orders > 0 ? `${Math.max(LEAST_PERCENT, (hour.sales.amount / most) * 100)}%` : '0',
                }}
              />
            </div>
          ))}
        </div>
      </div>
      <div className="mt-1 flex text-xs text-soft tabular-nums" aria-hidden="true">
        {hours.map((hour, number) => (
          <span key={hour.at} className="w-0 flex-1 whitespace-nowrap">
            {number % LABEL_EVERY === 0 ? clock.format(new Date(hour.at)) : null}
          </span>
        ))}
      </div>
      <table className="sr-only">
        <caption>{t('sales_by_hour')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('time')}</th>
            <th scope="col">{t('orders')}</th>
            <th scope="col">{t('sales')}</th>
          </tr>
        </thead>
        <tbody>
          {hours.map((hour) => (
            <tr key={hour.at}>
              <th scope="row">{clock.format(new Date(hour.at))}</th>
              <td>{hour.orders}</td>
              <td>{formatMoney(hour.sales, locale)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
