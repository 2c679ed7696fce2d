'use client';

import type { ReactNode } from 'react';

import { signInAddress } from '@/account/where';
import { formatMoney, type Money } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { Button, ButtonLink } from '@/ui/button';
import { Notice } from '@/ui/notice';

import { lastBought } from './orders-kept';
import type { Outcome } from './outcome';

type Props = {
  outcome: Outcome;
  seen: Money | null;
  secondsLeft: number | null;
  locale: Locale;
  onAgain: () => void;
  onStop: () => void;
};

/** What came of the last try to buy, and what can be done about it. */
export function CameOfIt({ outcome, seen, secondsLeft, locale, onAgain, onStop }: Props) {
  const t = useTexts('checkout');
  switch (outcome.kind) {
    case 'declined':
      return (
        <Notice tone="bad" title={t('declined_title')}>
          <p>{t(outcome.code === 'insufficient_funds' ? 'insufficient_text' : 'declined_text')}</p>
        </Notice>
      );
    case 'dearer':
      return (
        <Notice tone="bad" title={t('dearer_title')}>
          <p>
            {t('dearer_text', {
              before: seen ? formatMoney(seen, locale) : '—',
              after: formatMoney(outcome.total, locale),
            })}
          </p>
        </Notice>
      );
    case 'ordered':
      return <Ordered locale={locale} />;
    case 'changed':
      return (
        <Notice tone="bad" title={t('changed_title')}>
          <p>{t('changed_text')}</p>
        </Notice>
      );
    case 'signed_out':
      return (
        <Notice tone="bad" title={t('signed_out_title')}>
          <p>{t('signed_out_text')}</p>
          <ButtonLink look="plain" className="px-0!" href={signInAddress(locale, `/${locale}/checkout`)}>
            {t('sign_in')}
          </ButtonLink>
        </Notice>
      );
    case 'again':
    case 'unsure':
      return <Unended {...{ outcome, secondsLeft, onAgain, onStop }} />;
    case 'invalid':
    case 'short':
    case 'placed':
      return null;
  }
}

type Open = Extract<Outcome, { kind: 'again' | 'unsure' }>;

function Unended({
  outcome,
  secondsLeft,
  onAgain,
  onStop,
}: Omit<Props, 'outcome' | 'seen' | 'locale'> & { outcome: Open }) {
  const t = useTexts('checkout');
  const { status, code } = outcome.failure;
  if (outcome.kind === 'unsure') {
    const isGateway = status === 502;
    return (
      <Notice tone="bad" title={t(isGateway ? 'gateway_title' : 'unsure_title')}>
        <p>{t(isGateway ? 'gateway_text' : 'unsure_text')}</p>
        <Actions>
          <Button onClick={onAgain}>{t('try_again')}</Button>
          <Button look="quiet" onClick={onStop}>
            {t('stop_trying')}
          </Button>
        </Actions>
      </Notice>
    );
  }
  return (
    <Notice tone="mind">
      <p role="alert">{t(againOf(status, code))}</p>
      {/* Counted for the eye alone: heard each second it would be a torment. */}
      <p aria-live="off" className="min-h-6 text-soft tabular-nums">
        {secondsLeft === null ? null : t('again_in', { count: secondsLeft })}
      </p>
      <Actions>
        <Button onClick={onAgain}>{t('try_now')}</Button>
        <Button look="quiet" onClick={onStop}>
          {t('stop_trying')}
        </Button>
      </Actions>
    </Notice>
  );
}

function againOf(status: number, code: string) {
  if (status === 0) return navigator.onLine ? 'again_silent' : 'again_offline';
  return code === 'in_progress' ? 'again_running' : 'again_busy';
}

function Actions({ children }: { children: ReactNode }) {
  return <div className="mt-3 flex flex-wrap gap-2">{children}</div>;
}

export function Ordered({ locale }: { locale: Locale }) {
  const t = useTexts('checkout');
  const last = lastBought();
  return (
    <Notice tone="mind" title={t('ordered_title')}>
      <p>{t('ordered_text')}</p>
      {last ? (
        <ButtonLink look="plain" className="px-0!" href={`/${locale}/orders/${last}`}>
          {t('see_order')}
        </ButtonLink>
      ) : null}
    </Notice>
  );
}
