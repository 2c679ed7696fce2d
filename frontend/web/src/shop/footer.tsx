import Link from 'next/link';

import { LANGUAGES, type Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { ThemeSwitch } from '@/ui/theme-switch';

import { LanguageLink } from './language-link';
import { SHOP_NAME } from './settings';

const LINK = 'inline-flex min-h-11 items-center underline-offset-4 hover:text-ink hover:underline md:min-h-9';

export function Footer({ locale, locales }: { locale: Locale; locales: readonly Locale[] }) {
  const t = translator(locale, 'common');
  const links = [
    { href: `/${locale}/products`, text: t('all_goods') },
    { href: `/${locale}/cart`, text: t('cart') },
    { href: `/${locale}/account`, text: t('account') },
    { href: `/${locale}/account/orders`, text: t('orders') },
  ];
  return (
    <footer className="mt-20 border-t border-line bg-sunken text-soft">
      <div className="shell grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-6 py-10 text-sm sm:grid-cols-2 lg:grid-cols-[2fr_1fr_1fr]">
        <div className="max-lg:col-span-2">
          <p className="mb-2 font-display text-2xl font-bold tracking-tight text-ink">{SHOP_NAME}</p>
          <p className="max-w-xs">{t('powered')}</p>
          <a href="/docs" className={LINK}>
            {t('api')}
          </a>
        </div>
        <nav aria-label={t('shop')}>
          <ul>
            {links.map(({ href, text }) => (
              <li key={href}>
                <Link href={href} prefetch={false} className={LINK}>
                  {text}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="flex flex-col items-start gap-3">
          <nav aria-label={t('language')} className="flex flex-wrap gap-x-5">
            {locales.map((other) => (
              <LanguageLink key={other} to={other} current={other === locale}>
                {LANGUAGES[other]}
              </LanguageLink>
            ))}
          </nav>
          <ThemeSwitch />
        </div>
      </div>
    </footer>
  );
}
