import type { Metadata } from 'next';
import { notFound } from 'next/navigation';

import { readWishes, type Asked } from '@/catalog/list-address';
import { Shelf } from '@/catalog/shelf';
import { isLocale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { pageMetadata } from '@/shop/page-metadata';

type Props = { params: Promise<{ locale: string }>; searchParams: Promise<Asked> };

export async function generateMetadata({ params, searchParams }: Props): Promise<Metadata> {
  const { locale } = await params;
  if (!isLocale(locale)) return {};
  const { q } = readWishes(await searchParams);
  const t = translator(locale, 'catalog');
  return pageMetadata({
    locale,
    path: '/search',
    title: q ? t('search_for', { words: q }) : t('search'),
    index: false,
  });
}

export default async function Search({ params, searchParams }: Props) {
  const { locale } = await params;
  if (!isLocale(locale)) notFound();
  const asked = await searchParams;
  const { q } = readWishes(asked);
  const t = translator(locale, 'catalog');
  return (
    <Shelf
      locale={locale}
      path={`/${locale}/search`}
      category={null}
      asked={asked}
      heading={
        <h1 className="pt-6 text-3xl wrap-anywhere sm:text-4xl">{q ? t('search_for', { words: q }) : t('search')}</h1>
      }
    />
  );
}
