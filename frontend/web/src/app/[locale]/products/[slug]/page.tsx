import type { Metadata } from 'next';
import { notFound, permanentRedirect } from 'next/navigation';

import { firstChoice } from '@/catalog/choice';
import { decoded, productPath } from '@/catalog/goods';
import type { Asked } from '@/catalog/list-address';
import { ProductDetails } from '@/catalog/product-details';
import { productOf } from '@/catalog/read';
import { isLocale } from '@/i18n/locales';
import { Missing, missingMetadata } from '@/shop/missing';
import { pageMetadata } from '@/shop/page-metadata';

type Props = { params: Promise<{ locale: string; slug: string }>; searchParams: Promise<Asked> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { locale, slug } = await params;
  if (!isLocale(locale)) return {};
  const product = await productOf(locale, decoded(slug));
  if (!product) return missingMetadata(locale);
  return pageMetadata({
    locale,
    path: productPath(product.slug),
    title: product.name,
    description: product.description,
    image: product.images[0] ?? null,
  });
}

export default async function ProductPage({ params, searchParams }: Props) {
  const { locale, slug } = await params;
  if (!isLocale(locale)) notFound();
  const asked = decoded(slug);
  const product = await productOf(locale, asked);
  if (!product) return <Missing locale={locale} />;
  // Found by its id: there is one address for each product.
  if (product.slug !== asked) permanentRedirect(`/${locale}${productPath(product.slug)}`);
  const { sku } = await searchParams;
  const first = firstChoice(product.variants, typeof sku === 'string' ? sku : undefined);
  if (!first) return <Missing locale={locale} />;
  return <ProductDetails product={product} locale={locale} firstSku={first.sku} />;
}
