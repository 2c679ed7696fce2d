'use client';

import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { ButtonLink } from '@/ui/button';

import { useCart } from './cart';
import { CartContent } from './cart-content';
import { Subtotal } from './subtotal';
import { useFilledCart } from './use-filled-cart';
import { useLiveCart } from './use-live-cart';

/** The drawer's big brother. */
export function CartPage({ locale }: { locale: Locale }) {
  const t = useTexts('cart');
  const state = useCart();
  useFilledCart();
  useLiveCart(state);
  const filled = state.cart && state.cart.lines.length > 0;
  return (
    <div className="items-start gap-12 lg:grid lg:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="lg:min-h-80">
        <CartContent state={state} locale={locale} />
      </div>
      {filled && state.cart ? (
        <section
          aria-label={t('subtotal')}
          className="mt-6 rounded-stall border border-line bg-stall p-6 shadow-stall lg:sticky lg:top-28 lg:mt-0"
        >
          <Subtotal cart={state.cart} locale={locale} />
          <ButtonLink href={`/${locale}/checkout`} className="mt-5 w-full">
            {t('to_checkout')}
          </ButtonLink>
          <ButtonLink look="plain" href={`/${locale}/products`} className="mt-1 w-full">
            {t('keep_looking')}
          </ButtonLink>
        </section>
      ) : null}
    </div>
  );
}
