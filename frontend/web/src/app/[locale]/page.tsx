import { notFound } from 'next/navigation';

import { api, Unanswered } from '@/api/server';
import { ProductCard } from '@/catalog/product-card';
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
      <ul className="grid grid-cols-2 gap-4 sm:grid-cols-3 lg:grid-cols-4">
        {data.items.map((product) => (
          <li key={product.id}>
            <ProductCard product={product} locale={locale} />
          </li>
        ))}
      </ul>
    </div>
  );
}
