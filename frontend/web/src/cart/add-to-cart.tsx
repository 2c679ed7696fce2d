'use client';

import { useRef, useState } from 'react';

import type { Failure } from '@/api/problem';
import { useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';

import { cart } from './cart';
import { failureWords } from './failure-words';

type Props = { sku: string; quantity: number; available: boolean; className?: string };

/** Puts so many of a variant into the cart and shows it; says what it could not do. */
export function AddToCart({ sku, quantity, available, className = 'w-full' }: Props) {
  const t = useTexts('cart');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const running = useRef(false);

  async function put() {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    const failed = await cart.add(sku, quantity);
    running.current = false;
    setBusy(false);
    setFailure(failed);
    if (!failed) cart.show(true);
  }

  return (
    <div className={className}>
      <Button className="min-h-12! w-full" busy={busy} disabled={!available} onClick={put}>
        {available ? t(busy ? 'adding' : 'add') : t('sold_out')}
      </Button>
      <p role="alert" className="mt-2 text-sm text-berry empty:hidden">
        {failure ? failureWords(failure, t) : null}
      </p>
      <noscript>
        <p className="mt-2 text-sm text-soft">{t('needs_script')}</p>
      </noscript>
    </div>
  );
}
