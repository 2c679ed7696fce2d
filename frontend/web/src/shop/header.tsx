import Link from 'next/link';

import { AccountLink } from '@/account/account-link';
import { CartButton } from '@/cart/cart-button';
import { SearchBox } from '@/catalog/search-box';
import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';

import { SHOP_NAME } from './settings';

export function Header({ locale }: { locale: Locale }) {
  const t = translator(locale, 'common');
  return (
    <header className="sticky top-0 z-40 bg-paper/95 backdrop-blur">
      <div className="awning" aria-hidden="true" />
      <div className="shell flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
        <Link href={`/${locale}`} className="font-display text-2xl font-bold tracking-tight">
          {SHOP_NAME}
        </Link>
        <nav aria-label={t('shop')} className="hidden md:block">
          <Link href={`/${locale}/products`} className="rounded-full px-3 py-2 font-medium hover:bg-sunken">
            {t('all_goods')}
          </Link>
        </nav>
        <div className="order-last w-full md:order-none md:ml-auto md:w-80">
          <SearchBox locale={locale} />
        </div>
        <div className="ml-auto flex items-center gap-1 md:ml-0">
          <AccountLink locale={locale} />
          <CartButton locale={locale} />
        </div>
      </div>
    </header>
  );
}
