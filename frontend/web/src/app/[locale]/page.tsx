import { notFound } from 'next/navigation';

import { api, Unanswered } from '@/api/server';
import { ProductGrid } from '@/catalog/product-grid';
import { isLocale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';

export default async function Home({ params }: { params: Promise<{ locale: string }> }) {
  const { locale } = await params;
  if (!isLocale(locale)) notFound();
  const t = translator(locale, 'common');
  const { data, response } = await api(locale).GET('/v1/products', {
    params: { query: { sort: 'newest', limit: 12 } },
  });
  if (!data) throw new Unanswered(response.status);
  return (
    <div className="shell py-10">
      <h1 className="mb-6 text-3xl">{t('all_goods')}</h1>
      <h2 className="sr-only">{translator(locale, 'catalog')('goods')}</h2>
      <ProductGrid products={data.items} locale={locale} t={translator(locale, 'goods')} eager />
    </div>
  );
}
