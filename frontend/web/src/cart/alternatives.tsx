'use client';

import Link from 'next/link';
import { useEffect, useState } from 'react';

import { api, outcome } from '@/api/browser';
import type { components } from '@/api/schema';
import { formatMoney } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';

import { cart } from './cart';
import { LinePicture } from './cart-line';
import type { CartLine } from './state';

type Product = components['schemas']['ProductItem'];
type Found = { product: Product; sku: string };

const SHOWN_MAX = 3;

/** What else of its kind can be had, to be taken in the place of a line that cannot. Nothing is shown until something is found. */
export function Alternatives({ line, locale }: { line: CartLine; locale: Locale }) {
  const t = useTexts('cart');
  const [found, setFound] = useState<Found[]>([]);
  const { product_slug: slug } = line;
  useEffect(() => {
    let left = false;
    if (slug === null) return;
    void similar(slug).then((others) => {
      if (!left) setFound(others);
    });
    return () => {
      left = true;
    };
  }, [slug]);

  async function takeInstead({ sku }: Found) {
    const failure = await cart.add(sku, 1);
    if (!failure) cart.remove(line.id);
  }

  if (found.length === 0) return null;
  return (
    <div className="mt-3">
      <p className="mb-2 text-sm font-medium">{t('instead')}</p>
      <ul className="grid gap-2 sm:grid-cols-3">
        {found.map((other) => (
          <li key={other.sku} className="flex items-center gap-3 rounded-xl border border-line bg-stall p-2">
            <LinePicture line={other.product} small />
            <span className="min-w-0 flex-1 text-sm">
              <Link
                href={`/${locale}/products/${other.product.slug}`}
                prefetch={false}
                className="line-clamp-2 underline-offset-4 hover:underline"
              >
                {other.product.name}
              </Link>
              <span className="block tabular-nums">{formatMoney(other.product.price, locale)}</span>
              <Button
                look="plain"
                className="-ml-1 min-h-9! px-1! py-0!"
                aria-label={t('take_instead_name', { name: other.product.name })}
                onClick={() => takeInstead(other)}
              >
                {t('take_instead')}
              </Button>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Goods of the same category, or else of the same branch of the market. */
async function similar(slug: string): Promise<Found[]> {
  const [product, categories] = await productOf(slug);
  const [category] = categories;
  if (!product || category === undefined) return [];
  let others: Product[] = [];
  for (const of of new Set([category, category.split('/')[0] ?? category])) {
    const query = { category: of, in_stock: true, limit: SHOWN_MAX + 1 };
    const list = await outcome(api.GET('/v1/products', { params: { query } }));
    const known = new Set([slug, ...others.map((other) => other.slug)]);
    if (list.ok) others = [...others, ...list.data.items.filter((other) => !known.has(other.slug))].slice(0, SHOWN_MAX);
    if (others.length >= SHOWN_MAX) break;
  }
  const found = await Promise.all(
    others.map(async (other) => {
      const [details] = await productOf(other.slug);
      const sku = details?.variants.find((variant) => variant.available)?.sku;
      return sku === undefined ? [] : [{ product: other, sku }];
    }),
  );
  return found.flat();
}

async function productOf(product: string) {
  const found = await outcome(api.GET('/v1/products/{product}', { params: { path: { product } } }));
  return found.ok ? ([found.data, found.data.categories] as const) : ([null, []] as const);
}
