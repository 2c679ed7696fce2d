import type { components } from '@/api/schema';

/** A product as lists show it, and whole. */
export type Product = components['schemas']['ProductItem'];
export type WholeProduct = components['schemas']['ProductView'];
export type Variant = components['schemas']['VariantView'];
export type Category = components['schemas']['CategoryView'];
export type Facets = components['schemas']['FacetsView'];
export type Image = components['schemas']['feira.catalog.http_views.ImageView'];

export function productPath(slug: string): string {
  return `/products/${encodeURIComponent(slug)}`;
}

export function categoryPath(path: string): string {
  return `/categories/${path.split('/').map(encodeURIComponent).join('/')}`;
}

const TINTS = ['bg-leaf-soft', 'bg-sun-soft', 'bg-berry-soft', 'bg-sunken'] as const;

/** The colour behind a picture: goods of one branch of the market stand on the same cloth. */
export function tintOf(categories: readonly string[]): string {
  const root = categories[0]?.split('/')[0] ?? '';
  let sum = 0;
  for (const letter of root) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1_009;
  return TINTS[sum % TINTS.length] ?? TINTS[0];
}

/** By how many whole percent a price is lower than it was, or 0. */
export function percentOff(price: number, before: number | undefined): number {
  return before && before > price ? Math.floor(((before - price) / before) * 100) : 0;
}
