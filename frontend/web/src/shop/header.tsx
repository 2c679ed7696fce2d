import Link from 'next/link';

import { AccountLink } from '@/account/account-link';
import { CartButton } from '@/cart/cart-button';
import { CategoryMenu } from '@/catalog/category-menu';
import { SearchBox } from '@/catalog/search-box';
import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { Icon } from '@/ui/icons';

import { SHOP_NAME } from './settings';

export function Header({ locale }: { locale: Locale }) {
  const t = translator(locale, 'common');
  return (
    <header className="z-40 bg-paper market-header md:sticky md:top-0">
      <div className="awning" aria-hidden="true" />
      <div className="shell flex flex-wrap items-center gap-x-2 gap-y-2 py-2.5 md:gap-x-4 md:py-3">
        <button
          type="button"
          popoverTarget="menu"
          className="-ml-2 inline-flex min-h-11 items-center gap-2 rounded-full px-2.5 font-medium hover:bg-sunken md:order-2 md:ml-2 md:px-3"
        >
          <Icon name="menu" className="size-6 md:size-5" />
          <span className="sr-only md:not-sr-only">{t('categories')}</span>
        </button>
        <Link
          href={`/${locale}`}
          className="inline-flex min-h-11 items-center font-display text-2xl font-bold tracking-tight md:order-1"
        >
          {SHOP_NAME}
        </Link>
        <Link
          href={`/${locale}/products`}
          prefetch={false}
          className="hidden min-h-11 items-center rounded-full px-3 font-medium hover:bg-sunken md:order-3 lg:inline-flex"
        >
          {t('all_goods')}
        </Link>
        <div className="order-last w-full md:order-4 md:ml-auto md:w-72 lg:w-96">
          <SearchBox />
        </div>
        <div className="ml-auto flex items-center gap-1 md:order-5 md:ml-0">
          <AccountLink locale={locale} />
          <CartButton locale={locale} />
        </div>
      </div>
      <CategoryMenu locale={locale} />
    </header>
  );
}
