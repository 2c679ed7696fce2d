'use client';

import { formatMoney, formatTime } from '@/i18n/format';

import { useAdmin, type AdminKey } from '../frame/admin-texts';
import { useNames } from '../people/use-names';
import type { Moment } from './calls';

const NAMES: Record<Moment['type'], AdminKey> = {
  placed: 'moment_placed',
  confirmed: 'moment_confirmed',
  payment_authorized: 'moment_payment_authorized',
  payment_captured: 'moment_payment_captured',
  payment_failed: 'moment_payment_failed',
  payment_voided: 'moment_payment_voided',
  fulfilled: 'moment_fulfilled',
  refunded: 'moment_refunded',
  cancelled: 'moment_cancelled',
};

/** What happened to an order, from its beginning on. */
export function Timeline({ moments }: { moments: readonly Moment[] }) {
  const { t, locale } = useAdmin();
  const nameOf = useNames(moments.map(({ data }) => data.actor ?? ''));
  return (
    <ol className="ml-1.5 grid gap-4 border-l-2 border-line">
      {moments.map(({ at, type, data }, number) => {
        const money = data.amount ?? data.total;
        const details = [
          money ? formatMoney(money, locale) : '',
          data.sent?.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ') ?? '',
          data.carrier ?? '',
          data.tracking ?? '',
          data.reason ?? '',
        ].filter(Boolean);
        return (
          <li key={`${type} ${number}`} className="relative pl-5">
            <span className="absolute top-1.5 -left-[7px] size-3 rounded-full bg-leaf" aria-hidden="true" />
            <p className="font-medium">{t(NAMES[type])}</p>
            {details.length > 0 ? <p className="text-sm break-words">{details.join(' · ')}</p> : null}
            <p className="text-sm text-soft">
              {[at ? formatTime(at, locale) : '', data.actor ? nameOf(data.actor) : ''].filter(Boolean).join(' · ')}
            </p>
          </li>
        );
      })}
    </ol>
  );
}
