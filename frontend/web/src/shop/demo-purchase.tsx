'use client';

import Link from 'next/link';

import { formatMoney } from '@/i18n/format';
import { useLocale, useTexts } from '@/i18n/texts';
import { Icon } from '@/ui/icons';

import type { Purchase } from './demo-bot';

/** What the bot brought home, and the way to its order. */
export default function DemoPurchase({ purchase, onClose }: { purchase: Purchase; onClose: () => void }) {
  const t = useTexts('demo');
  return (
    <div className="flex max-w-md items-start gap-2 rounded-2xl border border-line bg-stall py-3 pr-2 pl-4 text-ink shadow-stall">
      {'failed' in purchase ? <p className="py-1">{t(purchase.failed)}</p> : <Bought {...purchase} />}
      <button type="button" aria-label={t('close')} className="rounded-full p-2.5 hover:bg-sunken" onClick={onClose}>
        <Icon name="close" className="size-4" />
      </button>
    </div>
  );
}

function Bought({ order, token }: Exclude<Purchase, { failed: string }>) {
  const t = useTexts('demo');
  const locale = useLocale();
  const goods = new Intl.ListFormat(locale).format(order.lines.map((line) => `${line.quantity} × ${line.name}`));
  return (
    <p className="py-1">
      {t('bot_bought', { goods, total: formatMoney(order.total, locale) })}{' '}
      <Link
        href={`/${locale}/orders/${order.id}#token=${encodeURIComponent(token)}`}
        prefetch={false}
        className="font-semibold text-leaf underline underline-offset-4"
      >
        {t('bot_order', { number: order.number })}
      </Link>
    </p>
  );
}
