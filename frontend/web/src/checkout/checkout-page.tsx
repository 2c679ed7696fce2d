'use client';

import { useRouter } from 'next/navigation';
import { useCallback, useState } from 'react';

import { cart } from '@/cart/cart';
import { useCart } from '@/cart/cart';
import { CartContent } from '@/cart/cart-content';
import { useFilledCart } from '@/cart/use-filled-cart';
import { useLiveCart } from '@/cart/use-live-cart';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { ButtonLink } from '@/ui/button';
import { Notice } from '@/ui/notice';

import { CheckoutForm, type Shop } from './checkout-form';
import { lastBought, noteBought } from './orders-kept';
import { isOpen, type Outcome } from './outcome';
import { usePlacing } from './use-placing';

export function CheckoutPage({ locale, shop }: { locale: Locale; shop: Shop }) {
  const t = useTexts('checkout');
  const router = useRouter();
  const state = useCart();
  const [round, setRound] = useState(0);

  const heed = useCallback(
    (outcome: Outcome) => {
      if (outcome.kind === 'placed') {
        noteBought(outcome.order.id, outcome.order.token);
        cart.forget();
        // The way back does not lead to buying it again.
        router.replace(`/${locale}/orders/${outcome.order.id}`);
      } else if (!isOpen(outcome)) {
        if (outcome.kind === 'short')
          outcome.skus.forEach(({ sku, available }) => {
            cart.heard(sku, available);
          });
        void cart.refresh();
        setRound((before) => before + 1);
      }
    },
    [locale, router],
  );
  const placing = usePlacing(heed);
  useFilledCart();
  // What is being bought is set aside for us: that it is gone for others is no news.
  useLiveCart(state, !placing.busy && !(placing.outcome && isOpen(placing.outcome)));

  if (placing.outcome?.kind === 'placed') return <Said>{t('opening')}</Said>;
  const filled = state.cart && state.cart.lines.length > 0 ? state.cart : null;
  if (filled) return <CheckoutForm {...{ cart: filled, state, shop, locale, placing, round }} />;
  if (placing.busy) return <Said>{t('paying')}</Said>;
  return (
    <>
      <Recent known={state.known && state.id === null} locale={locale} />
      <CartContent state={state} locale={locale} />
    </>
  );
}

function Said({ children }: { children: string }) {
  return (
    <p role="status" className="py-24 text-center font-display text-2xl">
      {children}
    </p>
  );
}

/** For whoever comes back after buying, or had the cart ordered in another tab. */
function Recent({ known, locale }: { known: boolean; locale: Locale }) {
  const t = useTexts('checkout');
  const last = known ? lastBought() : null;
  if (last === null) return null;
  return (
    <Notice tone="good">
      <p>{t('empty_recent')}</p>
      <ButtonLink look="plain" className="px-0!" href={`/${locale}/orders/${last}`}>
        {t('see_order')}
      </ButtonLink>
    </Notice>
  );
}
