import type { Metadata, Viewport } from 'next';
import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';

import { isLocale, LOCALES } from '@/i18n/locales';
import { textsOf, translator } from '@/i18n/messages';
import { Texts } from '@/i18n/texts';
import { DemoBanner } from '@/shop/demo-banner';
import { Footer } from '@/shop/footer';
import { HalfPage, HalfPageScript } from '@/shop/half-page';
import { Header } from '@/shop/header';
import { Offline } from '@/shop/offline';
import { IS_DEMO, PUBLIC_URL, SHOP_NAME } from '@/shop/settings';
import { ThemeScript } from '@/ui/theme-script';

import { body, title } from '../fonts';
import '../globals.css';

// What is shown comes from the API at every rendering; whoever serves us to the world keeps it.
export const dynamic = 'force-dynamic';

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#fbf8f2' },
    { media: '(prefers-color-scheme: dark)', color: '#121613' },
  ],
};

export function generateMetadata(): Metadata {
  return { metadataBase: new URL(PUBLIC_URL), title: { default: SHOP_NAME, template: `%s · ${SHOP_NAME}` } };
}

export default async function ShopLayout({
  children,
  params,
}: {
  children: ReactNode;
  params: Promise<{ locale: string }>;
}) {
  const { locale } = await params;
  if (!isLocale(locale)) notFound();
  const t = translator(locale, 'common');
  return (
    <html lang={locale} className={`${title.variable} ${body.variable}`} suppressHydrationWarning>
      <head>
        <ThemeScript />
        <HalfPageScript />
      </head>
      <body className="flex min-h-dvh flex-col">
        <Texts locale={locale} texts={textsOf(locale, 'common', 'cart')}>
          <a
            href="#content"
            className="sr-only z-50 rounded-b-xl bg-leaf px-4 py-2 text-on-leaf focus:not-sr-only focus:absolute focus:left-4"
          >
            {t('skip')}
          </a>
          {IS_DEMO ? <DemoBanner locale={locale} /> : null}
          <Offline />
          <HalfPage locale={locale} />
          <Header locale={locale} />
          <main id="content" tabIndex={-1} className="flex-1 outline-none">
            {children}
          </main>
          <Footer locale={locale} locales={LOCALES} />
        </Texts>
      </body>
    </html>
  );
}
