'use client';

import { useEffect, useState } from 'react';

import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { ButtonLink } from '@/ui/button';
import { Dialog } from '@/ui/dialog';

import { cart, useCart } from './cart';
import { CartContent } from './cart-content';
import { Subtotal } from './subtotal';
import { useFilledCart } from './use-filled-cart';
import { useLiveCart } from './use-live-cart';

function close() {
  cart.show(false);
}

/** The cart beside the page. It is fetched when it is first asked for. */
export function CartDrawer({ locale }: { locale: Locale }) {
  const t = useTexts('cart');
  const common = useTexts('common');
  const state = useCart();
  useFilledCart(state.open);
  useLiveCart(state, state.open);

  return (
    <Dialog side open={state.open} onClose={close} title={t('title')} closeLabel={common('close')}>
      <div className="flex min-h-full flex-col">
        <div className="flex-1 px-5 pb-6">
          <Announced />
          <CartContent state={state} locale={locale} onLeave={close} />
        </div>
        {state.cart && state.cart.lines.length > 0 ? (
          <div className="sticky bottom-0 border-t border-line bg-paper px-5 pt-4 pb-[max(1.25rem,env(safe-area-inset-bottom))]">
            <Subtotal cart={state.cart} locale={locale} />
            <ButtonLink href={`/${locale}/checkout`} className="mt-4 w-full" onClick={close}>
              {t('to_checkout')}
            </ButtonLink>
            <ButtonLink look="plain" href={`/${locale}/cart`} className="mt-1 w-full" onClick={close}>
              {t('to_cart')}
            </ButtonLink>
          </div>
        ) : null}
      </div>
    </Dialog>
  );
}

/** What was just put in. It is said a moment after the drawer is there, or else nobody would hear it. */
function Announced() {
  const t = useTexts('cart');
  const { added } = useCart();
  const [heard, setHeard] = useState(0);
  const serial = added?.serial ?? 0;
  useEffect(() => {
    const soon = setTimeout(() => {
      setHeard(serial);
    }, 100);
    return () => {
      clearTimeout(soon);
    };
  }, [serial]);
  const { name, quantity, left } = added ?? { name: '', quantity: 0, left: null };
  return (
    <p
      role="status"
      className={added ? 'mt-4 flex min-h-12 items-center rounded-2xl bg-leaf-soft px-4 py-2 font-medium' : ''}
    >
      {added && heard === serial
        ? left === null
          ? t('added', { name, quantity })
          : t('added_capped', { name, left })
        : null}
    </p>
  );
}
