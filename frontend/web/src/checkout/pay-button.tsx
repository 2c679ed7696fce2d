'use client';

import type { ReactNode } from 'react';

import type { Failure } from '@/api/problem';
import { failureWords } from '@/cart/failure-words';
import { formatMoney, type Money } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';

import type { Press } from './use-press';

type Props = {
  busy: boolean;
  press: Press | null;
  total: Money | null;
  failure: Failure | null;
  isToConfirm: boolean;
  locale: Locale;
};

/** The button that buys, with what is bought for, and what became of its last press below it. */
export function PayButton({ busy, press, total, failure, isToConfirm, locale }: Props) {
  const t = useTexts('checkout');
  const cart = useTexts('cart');
  const say = (money: Money) => formatMoney(money, locale);
  const waits = press?.stands === 'wait';
  const order = isToConfirm || press?.stands === 'changed' ? 'confirm' : 'pay';
  const name = total ? t(order, { total: say(total) }) : t('pay_plain');
  const held = press?.shown ? t('held_text', { total: say(press.shown) }) : t('held_first_text');
  return (
    <>
      <Button type="submit" busy={busy || waits} className="min-h-14! w-full text-lg tabular-nums">
        {busy ? t('paying') : waits ? t('updating') : name}
      </Button>
      <p role="status" className="mt-2 min-h-6 text-center text-sm text-soft">
        {busy ? t('paying_text') : waits ? held : null}
      </p>
      {/* There from the first, so that it is heard when it is filled. The button above keeps its place, and the focus. */}
      <div role="alert" className="empty:hidden">
        {press?.stands === 'changed' && total ? (
          <Words>
            {press.shown
              ? t('total_changed', { before: say(press.shown), after: say(total) })
              : t('total_first', { after: say(total) })}
          </Words>
        ) : null}
        {press?.stands === 'unknown' ? (
          <Words>
            {t('total_unknown')} {failure && failure.status !== 422 ? failureWords(failure, cart) : null}
          </Words>
        ) : null}
      </div>
    </>
  );
}

function Words({ children }: { children: ReactNode }) {
  return <p className="rounded-2xl bg-sun-soft px-4 py-3 wrap-anywhere">{children}</p>;
}
