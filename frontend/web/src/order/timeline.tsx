'use client';

import { useState } from 'react';

import { formatMoney, formatTime } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';
import { Icon } from '@/ui/icons';

import type { Step, StepName } from './steps';

const BAD: ReadonlySet<StepName> = new Set<StepName>(['cancelled', 'failed']);

export function Timeline({ steps, locale }: { steps: readonly Step[]; locale: Locale }) {
  return (
    <ol>
      {steps.map((step, place) => (
        <TimelineStep key={`${step.name} ${place}`} step={step} locale={locale} isLast={place === steps.length - 1} />
      ))}
    </ol>
  );
}

function TimelineStep({ step, locale, isLast }: { step: Step; locale: Locale; isLast: boolean }) {
  const t = useTexts('order');
  const { of, name, at, state } = step;
  const amount = of?.data.amount ? formatMoney(of.data.amount, locale) : '';
  return (
    <li className="relative flex gap-4 pb-6 last:pb-0" aria-current={state === 'now' ? 'step' : undefined}>
      {isLast ? null : (
        <span
          aria-hidden="true"
          className={`absolute top-8 bottom-0 left-[15px] w-0.5 ${state === 'done' ? 'bg-leaf' : 'bg-line'}`}
        />
      )}
      <Dot state={state} isBad={BAD.has(name)} />
      <div className="min-w-0 pt-1">
        <p className={state === 'later' ? 'text-soft' : 'font-semibold'}>{t(`step_${name}`, { amount })}</p>
        {at ? (
          <p className="text-sm text-soft">
            <time dateTime={at}>{formatTime(at, locale)}</time>
          </p>
        ) : null}
        {of?.data.carrier ? <p className="mt-1 text-sm">{t('sent_with', { carrier: of.data.carrier })}</p> : null}
        {of?.data.tracking ? <Tracking number={of.data.tracking} /> : null}
      </div>
    </li>
  );
}

function Dot({ state, isBad }: { state: Step['state']; isBad: boolean }) {
  const looks = {
    done: isBad ? 'bg-berry text-paper' : 'bg-leaf text-on-leaf',
    now: 'border-2 border-leaf text-leaf',
    later: 'border-2 border-line',
  };
  return (
    <span
      aria-hidden="true"
      className={`relative grid size-8 shrink-0 place-items-center rounded-full ${looks[state]}`}
    >
      {state === 'done' ? <Icon name={isBad ? 'close' : 'check'} className="size-4" /> : null}
      {state === 'now' ? <span className="size-2.5 animate-pulse rounded-full bg-leaf" /> : null}
    </span>
  );
}

function Tracking({ number }: { number: string }) {
  const t = useTexts('order');
  const [copied, setCopied] = useState(false);
  return (
    <p className="flex flex-wrap items-center gap-x-2 text-sm">
      <span className="text-soft">{t('tracking')}</span>
      <code className="font-semibold break-all">{number}</code>
      <Button
        look="plain"
        className="px-1! print:hidden"
        onClick={async () => {
          await navigator.clipboard.writeText(number);
          setCopied(true);
        }}
      >
        <span role="status">{t(copied ? 'copied' : 'copy')}</span>
      </Button>
    </p>
  );
}
