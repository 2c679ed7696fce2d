'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useEffect, type MouseEvent } from 'react';

import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { Icon } from '@/ui/icons';
import { ahead, useCode } from '@/ui/use-code';

import { cart, useCart } from './cart';

const loadDrawer = () => import('./cart-drawer').then((loaded) => loaded.CartDrawer);
const fetchDrawer = ahead(loadDrawer);
const COUNT_MAX = 99;

/** Leads to the cart's page, and by a plain click opens the drawer instead. */
export function CartButton({ locale }: { locale: Locale }) {
  const t = useTexts('common');
  const { count, open } = useCart();
  const path = usePathname();
  const page = `/${locale}/cart`;
  const hasPage = path === page || path === `/${locale}/checkout`;
  const { code: CartDrawer } = useCode(loadDrawer, open, () => {
    cart.show(false);
    // A page of its own brings code of its own.
    if (navigator.onLine) window.location.assign(page);
  });

  // Whoever goes to another page has seen enough of the drawer.
  useEffect(() => {
    cart.show(false);
  }, [path]);

  function show(event: MouseEvent) {
    if (hasPage || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    cart.show(true);
  }

  return (
    <>
      <Link
        href={page}
        prefetch={false}
        aria-label={count > 0 ? t('cart_with', { count }) : t('cart')}
        className="relative rounded-full p-2.5 hover:bg-sunken"
        onClick={show}
        onPointerEnter={fetchDrawer}
        onFocus={fetchDrawer}
      >
        <Icon name="cart" className="size-6" />
        {count > 0 ? (
          <span
            aria-hidden="true"
            className="absolute top-0.5 right-0 grid h-5 min-w-5 place-items-center rounded-full bg-leaf px-1 text-xs font-bold text-on-leaf tabular-nums"
          >
            {count > COUNT_MAX ? `${COUNT_MAX}+` : count}
          </span>
        ) : null}
      </Link>
      {CartDrawer ? <CartDrawer locale={locale} /> : null}
    </>
  );
}
