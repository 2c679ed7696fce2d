import { api } from '@/api/server';
import { decimalsOf } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { textsOf, translator } from '@/i18n/messages';
import { Texts } from '@/i18n/texts';
import { shortened } from '@/shop/page-metadata';
import { PUBLIC_URL, SHOP_NAME } from '@/shop/settings';
import { structured } from '@/shop/structured-data';

import { trail, type Step } from './categories';
import { groupsOf } from './choice';
import { Crumbs } from './crumbs';
import { Gallery } from './gallery';
import { productPath, tintOf, type Category, type Product, type WholeProduct } from './goods';
import { Markdown } from './markdown';
import { nameOfProperty, valueText } from './names';
import { ProductChoice } from './product-choice';
import { ProductGrid } from './product-grid';
import { categoriesOf } from './read';

const RELATED = 4;
const DESCRIBED_MAX = 5_000;
/** Letters from which on a name is set smaller. */
const LONG_NAME = 60;

type Props = { product: WholeProduct; locale: Locale; firstSku: string };

/** All of a product's page. */
export async function ProductDetails({ product, locale, firstSku }: Props) {
  const t = translator(locale, 'catalog');
  const [related, tree] = await Promise.all([relatedTo(locale, product), categoriesOf(locale)]);
  const names = Object.fromEntries(groupsOf(product.variants).map(({ name }) => [name, nameOfProperty(locale, name)]));
  return (
    <div className="shell pt-2 pb-16">
      <Texts locale={locale} texts={textsOf(locale, 'goods')}>
        <Crumbs
          locale={locale}
          steps={stepsTo(tree, product)}
          here={{ name: product.name, path: productPath(product.slug) }}
        />
        <div className="mt-3 grid grid-cols-[minmax(0,1fr)] gap-8 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)] lg:gap-14">
          <Gallery images={product.images} slug={product.slug} tint={tintOf(product.categories)} />
          <div className="lg:py-4">
            <h1
              dir="auto"
              className={`mb-3 leading-[1.05] wrap-anywhere ${product.name.length > LONG_NAME ? 'text-3xl sm:text-4xl' : 'text-4xl sm:text-5xl'}`}
            >
              {product.name}
            </h1>
            <ProductChoice
              slug={product.slug}
              variants={product.variants}
              firstSku={firstSku}
              names={names}
              hasLike={related.length > 0}
            />
            <Promises locale={locale} />
            <Description product={product} locale={locale} />
          </div>
        </div>
        {related.length > 0 ? (
          <section id="related" aria-labelledby="related-title" className="mt-20 scroll-mt-28">
            <h2 id="related-title" className="mb-6 text-2xl sm:text-3xl">
              {t('related')}
            </h2>
            <ProductGrid
              products={related}
              locale={locale}
              t={translator(locale, 'goods')}
              className="grid grid-cols-2 gap-x-4 gap-y-8 sm:gap-x-5 md:grid-cols-4"
            />
          </section>
        ) : null}
      </Texts>
      {structured(described(product, locale))}
    </div>
  );
}

function Promises({ locale }: { locale: Locale }) {
  const t = translator(locale, 'catalog');
  return (
    <ul className="mt-8 space-y-2 border-t border-line pt-6 text-sm text-soft">
      {[t('promise_price'), t('promise_stock'), t('promise_hold')].map((promise) => (
        <li key={promise} className="flex gap-3">
          <span aria-hidden="true" className="mt-[0.45em] size-2 shrink-0 rounded-full bg-sun" />
          {promise}
        </li>
      ))}
    </ul>
  );
}

function Description({ product, locale }: { product: WholeProduct; locale: Locale }) {
  const t = translator(locale, 'catalog');
  const facts = Object.entries(product.attributes);
  return (
    <>
      {product.description ? (
        <section aria-labelledby="about" className="mt-10">
          <h2 id="about" className="mb-3 text-xl">
            {t('about')}
          </h2>
          <Markdown text={product.description} />
        </section>
      ) : null}
      {facts.length > 0 ? (
        <section aria-labelledby="facts" className="mt-8">
          <h2 id="facts" className="sr-only">
            {t('facts')}
          </h2>
          <dl className="divide-y divide-line border-y border-line">
            {facts.map(([key, value]) => (
              <div key={key} className="flex justify-between gap-6 py-3">
                <dt className="text-soft">{nameOfProperty(locale, key)}</dt>
                <dd className="text-right font-medium wrap-anywhere">{valueText(locale, value)}</dd>
              </div>
            ))}
          </dl>
        </section>
      ) : null}
    </>
  );
}

/** The way to it in the page's language: a product that is not translated names its categories in its own. */
function stepsTo(tree: readonly Category[], { breadcrumbs }: WholeProduct): readonly Step[] {
  const last = breadcrumbs.at(-1);
  return (last && trail(tree, last.path)) ?? breadcrumbs;
}

/** Goods of the same category, those in stock; a page stands without them. */
async function relatedTo(locale: Locale, { id, categories }: WholeProduct): Promise<Product[]> {
  const category = categories[0];
  const root = category?.split('/')[0];
  const lists = await Promise.all(
    [category, root === category ? undefined : root].map(async (of) => {
      if (!of) return [];
      const query = { category: of, in_stock: true, limit: RELATED * 2 + 1 };
      const { data } = await api(locale).GET('/v1/products', { params: { query } });
      return data?.items ?? [];
    }),
  );
  const found = new Map(lists.flat().map((one) => [one.id, one]));
  found.delete(id);
  return [...found.values()].slice(0, RELATED);
}

function described(product: WholeProduct, locale: Locale): Record<string, unknown> {
  const address = `${PUBLIC_URL}/${locale}${productPath(product.slug)}`;
  return {
    '@type': 'Product',
    name: product.name,
    url: address,
    ...(product.description ? { description: shortened(product.description, DESCRIBED_MAX) } : {}),
    image: product.images.map(({ url }) => url),
    sku: product.variants[0]?.sku,
    offers: product.variants.map((variant) => ({
      '@type': 'Offer',
      sku: variant.sku,
      name: variant.name,
      url: `${address}?sku=${encodeURIComponent(variant.sku)}`,
      priceCurrency: variant.price.currency,
      price: decimal(variant.price),
      availability: `https://schema.org/${variant.available ? 'InStock' : 'OutOfStock'}`,
      seller: { '@type': 'Organization', name: SHOP_NAME },
    })),
  };
}

function decimal({ amount, currency }: { amount: number; currency: string }): string {
  const decimals = decimalsOf(currency);
  return (amount / 10 ** decimals).toFixed(decimals);
}
