import type { Metadata } from 'next';
import { notFound } from 'next/navigation';

import { Crumbs } from '@/catalog/crumbs';
import type { Asked } from '@/catalog/list-address';
import { Shelf } from '@/catalog/shelf';
import { isLocale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { pageMetadata } from '@/shop/page-metadata';

type Props = { params: Promise<{ locale: string }>; searchParams: Promise<Asked> };

export async function generateMetadata({ params, searchParams }: Props): Promise<Metadata> {
  const { locale } = await params;
  if (!isLocale(locale)) return {};
  const index = Object.keys(await searchParams).length === 0;
  const t = translator(locale, 'catalog');
  return pageMetadata({ locale, path: '/products', title: t('all_goods'), description: t('all_goods_text'), index });
}

export default async function AllGoods({ params, searchParams }: Props) {
  const { locale } = await params;
  if (!isLocale(locale)) notFound();
  const t = translator(locale, 'catalog');
  return (
    <Shelf
      locale={locale}
      path={`/${locale}/products`}
      category={null}
      asked={{ ...(await searchParams), q: undefined }}
      crumbs={<Crumbs locale={locale} steps={[]} />}
      heading={<h1 className="text-4xl sm:text-5xl">{t('all_goods')}</h1>}
    />
  );
}
