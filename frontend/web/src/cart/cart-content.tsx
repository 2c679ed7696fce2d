'use client';

import { useEffect, useRef } from 'react';

import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { Button, ButtonLink } from '@/ui/button';
import { Icon } from '@/ui/icons';
import { Notice } from '@/ui/notice';

import { cart } from './cart';
import { CartLineRow } from './cart-line';
import { failureWords } from './failure-words';
import type { CartState } from './state';

type Props = { state: CartState; locale: Locale; onLeave?: () => void };

/** The lines of the cart, or why there are none to be seen; the same in the drawer and on the page. */
export function CartContent({ state, locale, onLeave = () => undefined }: Props) {
  const t = useTexts('cart');
  if (state.failure && !state.cart) {
    return (
      <div className="py-6">
        <Notice tone="bad">{failureWords(state.failure, t)}</Notice>
        <Button look="quiet" className="mt-4" onClick={() => void cart.refresh()}>
          {t('retry')}
        </Button>
      </div>
    );
  }
  if (!state.known || (state.id !== null && !state.cart)) return <Waiting count={state.count} />;
  const lines = state.cart?.lines ?? [];
  return (
    <>
      {state.removed ? <Undo name={state.removed.name} /> : null}
      {lines.length === 0 ? (
        <Empty locale={locale} onLeave={onLeave} />
      ) : (
        <ul className="divide-y divide-line">
          {lines.map((line) => (
            <CartLineRow key={line.id} line={line} note={state.notes[line.sku]} locale={locale} onLeave={onLeave} />
          ))}
        </ul>
      )}
      {state.failure ? <Notice tone="bad">{failureWords(state.failure, t)}</Notice> : null}
    </>
  );
}

function Empty({ locale, onLeave }: { locale: Locale; onLeave: () => void }) {
  const t = useTexts('cart');
  return (
    <div className="flex flex-col items-center px-4 py-14 text-center">
      <span className="mb-5 grid size-20 place-items-center rounded-full bg-sun-soft">
        <Icon name="basket" className="size-9" />
      </span>
      <p className="font-display text-xl font-semibold">{t('empty_title')}</p>
      <p className="mt-1 mb-6 text-soft">{t('empty_text')}</p>
      <ButtonLink href={`/${locale}/products`} onClick={onLeave}>
        {t('look_around')}
      </ButtonLink>
    </div>
  );
}

function Undo({ name }: { name: string }) {
  const t = useTexts('cart');
  const button = useRef<HTMLButtonElement>(null);
  // The line is gone, and its button with the focus.
  useEffect(() => {
    button.current?.focus();
  }, [name]);
  return (
    <div role="status" className="mt-4 flex items-center justify-between gap-3 rounded-2xl bg-sunken py-1 pr-1 pl-4">
      <span className="min-w-0 text-sm">{t('removed', { name })}</span>
      <Button ref={button} look="plain" onClick={() => void cart.undo()}>
        {t('undo')}
      </Button>
    </div>
  );
}

const ROWS_MAX = 4;

function Waiting({ count }: { count: number }) {
  const common = useTexts('common');
  const rows = Math.min(Math.max(count, 1), ROWS_MAX);
  return (
    <div role="status" aria-label={common('loading')} className="divide-y divide-line">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex gap-4 py-5">
          <div className="size-20 animate-pulse rounded-2xl bg-sunken" />
          <div className="flex-1 space-y-3 pt-1">
            <div className="h-4 w-3/4 animate-pulse rounded bg-sunken" />
            <div className="h-4 w-1/3 animate-pulse rounded bg-sunken" />
          </div>
        </div>
      ))}
    </div>
  );
}
