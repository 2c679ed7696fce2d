'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import type { ReactNode } from 'react';

import type { Locale } from '@/i18n/locales';

const YEAR_S = 31_536_000;

type Props = { to: Locale; current: boolean; children: ReactNode };

/** The same page in another language, which is remembered for visits to `/`. */
export function LanguageLink({ to, current, children }: Props) {
  const path = usePathname();
  const query = useSearchParams().toString();
  const there = `/${[to, ...path.split('/').slice(2)].join('/')}${query ? `?${query}` : ''}`;
  return (
    // Another document, since the page's language belongs to it.
    <a
      href={there}
      hrefLang={to}
      lang={to}
      aria-current={current ? 'true' : undefined}
      className="inline-flex min-h-11 items-center underline-offset-4 hover:text-ink hover:underline aria-[current]:font-semibold aria-[current]:text-ink md:min-h-9"
      onClick={() => {
        document.cookie = `feira_locale=${to}; path=/; max-age=${YEAR_S}; samesite=lax`;
      }}
    >
      {children}
    </a>
  );
}
