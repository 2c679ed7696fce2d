'use client';

import { formatMoney } from '@/i18n/format';

import { useAdmin } from '../frame/admin-texts';
import type { Hour } from './calls';

const WIDTH = 720;
const HEIGHT = 180;
const GAP = 0.25; // Of a bar's place.
const LABEL_EVERY = 6;

/** Sales by the hour, drawn; the same as a table for those who do not see it. */
export function Bars({ hours }: { hours: readonly Hour[] }) {
  const { t, locale } = useAdmin();
  const most = Math.max(1, ...hours.map((hour) => hour.sales.amount));
  const place = WIDTH / Math.max(1, hours.length);
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + 24}`} className="h-auto w-full" role="img" aria-label={t('sales_by_hour')}>
        <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} className="stroke-line" />
        {hours.map((hour, number) => {
          const height = Math.max(hour.orders > 0 ? 2 : 0, (hour.sales.amount / most) * (HEIGHT - 8));
          const at = clock.format(new Date(hour.at));
          return (
            <g key={hour.at}>
              <rect
                x={number * place + (place * GAP) / 2}
                y={HEIGHT - height}
                width={place * (1 - GAP)}
                height={height}
                rx="3"
                className="fill-leaf"
              >
                <title>{`${at}: ${formatMoney(hour.sales, locale)}, ${t('orders_count', { count: hour.orders })}`}</title>
              </rect>
              {number % LABEL_EVERY === 0 ? (
                <text x={number * place + 2} y={HEIGHT + 18} className="fill-soft text-[13px]">
                  {at}
                </text>
              ) : null}
            </g>
          );
        })}
      </svg>
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
