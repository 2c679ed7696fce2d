import type { Metadata } from 'next';
import { notFound } from 'next/navigation';

import { StallFront } from '@/catalog/stall-front';
import { Stalls } from '@/catalog/stalls';
import { HomeShelf } from '@/catalog/home-shelf';
import { bestsellersOf, newestOf, stallsOf } from '@/catalog/read-home';
import { isLocale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { pageMetadata } from '@/shop/page-metadata';
import { Promises } from '@/shop/promises';
import { PUBLIC_URL, SHOP_NAME } from '@/shop/settings';
import { structured } from '@/shop/structured-data';

type Props = { params: Promise<{ locale: string }> };

const SOLD_SHOWN = 4;
const NEW_SHOWN = 8;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { locale } = await params;
  if (!isLocale(locale)) return {};
  const t = translator(locale, 'catalog');
  const description = `${t('hero_title')} ${t('hero_text')}`;
  return { ...pageMetadata({ locale, path: '', description }), title: { absolute: SHOP_NAME } };
}

export default async function Home({ params }: Props) {
  const { locale } = await params;
  if (!isLocale(locale)) notFound();
  const t = translator(locale, 'catalog');
  const [stalls, best, newest] = await Promise.all([stallsOf(locale), bestsellersOf(locale), newestOf(locale)]);
  // A shop that has sold nothing yet has only what is new.
  const hasSold = best.some((product, index) => product.id !== newest[index]?.id);
  const sold = hasSold ? best.slice(0, SOLD_SHOWN) : [];
  const shown = new Set(sold.map(({ id }) => id));
  const fresh = newest.filter(({ id }) => !shown.has(id)).slice(0, NEW_SHOWN);
  return (
    <>
      <StallFront locale={locale} stalls={stalls} />
      <Stalls locale={locale} stalls={stalls} />
      {sold.length > 0 ? <HomeShelf locale={locale} title={t('sells')} products={sold} /> : null}
      <Promises locale={locale} />
      {fresh.length > 0 ? (
        <HomeShelf
          locale={locale}
          title={t('new_today')}
          products={fresh}
          more={{ href: `/${locale}/products`, text: t('see_all') }}
        />
      ) : null}
      {structured({
        '@type': 'WebSite',
        name: SHOP_NAME,
        url: `${PUBLIC_URL}/${locale}`,
        potentialAction: {
          '@type': 'SearchAction',
          target: `${PUBLIC_URL}/${locale}/search?q={words}`,
          'query-input': 'required name=words',
        },
      })}
    </>
  );
}
