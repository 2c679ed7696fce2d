import Link from 'next/link';

import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { structured } from '@/shop/structured-data';
import { PUBLIC_URL } from '@/shop/settings';

import type { Step } from './categories';
import { categoryPath } from './goods';

type Props = { locale: Locale; steps: readonly Step[]; here?: { name: string; path: string } };

/** The way from the door to here, for readers and for search engines. */
export function Crumbs({ locale, steps, here }: Props) {
  const t = translator(locale, 'common');
  const links = [
    { name: t('home'), href: `/${locale}` },
    { name: t('all_goods'), href: `/${locale}/products` },
    ...steps.map((step) => ({ name: step.name, href: `/${locale}${categoryPath(step.path)}` })),
  ];
  const all = here ? [...links, { name: here.name, href: `/${locale}${here.path}` }] : links;
  return (
    <nav aria-label={t('way')} className="text-sm text-soft">
      <ol className="flex flex-wrap items-center">
        {all.map(({ name, href }, index) => {
          const isHere = index === all.length - 1;
          return (
            // On a narrow screen the way ends above the title, which says the rest.
            <li key={href} className={`flex max-w-full items-center ${isHere && here ? 'max-sm:sr-only' : ''}`}>
              {isHere ? (
                <span aria-current="page" className="my-3 line-clamp-2 wrap-anywhere text-ink">
                  <bdi>{name}</bdi>
                </span>
              ) : (
                <Link
                  href={href}
                  prefetch={false}
                  className="inline-block py-3 underline-offset-4 hover:text-ink hover:underline"
                >
                  {name}
                </Link>
              )}
              {isHere ? null : (
                <span
                  aria-hidden="true"
                  className={`px-1.5 text-edge ${here && index === links.length - 1 ? 'max-sm:hidden' : ''}`}
                >
                  /
                </span>
              )}
            </li>
          );
        })}
      </ol>
      {structured({
        '@type': 'BreadcrumbList',
        itemListElement: all.map(({ name, href }, index) => ({
          '@type': 'ListItem',
          position: index + 1,
          name,
          item: `${PUBLIC_URL}${href}`,
        })),
      })}
    </nav>
  );
}
