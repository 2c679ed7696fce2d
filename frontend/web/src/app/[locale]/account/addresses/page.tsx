import { notFound } from 'next/navigation';

import { Addresses } from '@/account/addresses';
import { metadataOf } from '@/account/pages';
import { api, Unanswered } from '@/api/server';
import { isLocale } from '@/i18n/locales';
import { textsOf } from '@/i18n/messages';
import { Texts } from '@/i18n/texts';

export const generateMetadata = metadataOf('addresses');

export default async function Page({ params }: { params: Promise<{ locale: string }> }) {
  const { locale } = await params;
  if (!isLocale(locale)) notFound();
  const { data: shop, response } = await api(locale).GET('/v1/shop');
  if (!shop) throw new Unanswered(response.status);
  return (
    <Texts locale={locale} texts={textsOf(locale, 'checkout')}>
      <Addresses countries={shop.countries} home={shop.country} />
    </Texts>
  );
}
