import Link from 'next/link';

import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { Menu } from '@/shop/menu';
import { Icon } from '@/ui/icons';

import { below } from './categories';
import { categoryPath, type Category } from './goods';
import { categoriesOf } from './read';

const ROOTS_MAX = 24;
const BRANCHES_MAX = 6;

/** The stalls of the market: all of them below the header of a wide screen, the main ones in a drawer on a narrow one. */
export async function CategoryMenu({ locale }: { locale: Locale }) {
  const t = translator(locale, 'common');
  // A page can be read without its menu.
  const tree: Category[] = await categoriesOf(locale).catch(() => []);
  return (
    <Menu label={t('categories')}>
      <div className="flex items-center justify-between px-5 pt-4 pb-2 md:hidden">
        <p className="font-display text-xl font-semibold">{t('categories')}</p>
        <button
          type="button"
          popoverTarget="menu"
          popoverTargetAction="hide"
          aria-label={t('close')}
          className="-mr-3 rounded-full p-3 hover:bg-sunken"
        >
          <Icon name="close" />
        </button>
      </div>
      <ul className="px-5 pb-6 md:shell md:columns-3 md:py-8 lg:columns-4">
        <li className="md:hidden">
          <Link href={`/${locale}/products`} prefetch={false} className={ROOT}>
            {t('all_goods')}
          </Link>
        </li>
        {below(tree, null)
          .slice(0, ROOTS_MAX)
          .map((root) => (
            <li key={root.path} className="break-inside-avoid md:mb-5">
              <Link href={`/${locale}${categoryPath(root.path)}`} prefetch={false} className={ROOT}>
                {root.name}
              </Link>
              <ul className="hidden md:block">
                {below(tree, root.path)
                  .slice(0, BRANCHES_MAX)
                  .map((branch) => (
                    <li key={branch.path}>
                      <Link
                        href={`/${locale}${categoryPath(branch.path)}`}
                        prefetch={false}
                        className="inline-block py-1 text-soft underline-offset-4 hover:text-ink hover:underline"
                      >
                        {branch.name}
                      </Link>
                    </li>
                  ))}
              </ul>
            </li>
          ))}
      </ul>
    </Menu>
  );
}

const ROOT =
  'flex min-h-12 items-center border-b border-line font-medium md:inline-flex md:min-h-0 md:border-0 md:py-1 md:font-semibold underline-offset-4 md:hover:underline';
