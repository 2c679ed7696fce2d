import type { components } from '@/api/schema';

/** A product as lists show it, and whole. */
export type Product = components['schemas']['ProductItem'];
export type WholeProduct = components['schemas']['ProductView'];
export type Variant = components['schemas']['VariantView'];
export type Category = components['schemas']['CategoryView'];
export type Facets = components['schemas']['FacetsView'];
export type Image = components['schemas']['ImageView'];

export function productPath(slug: string): string {
  return `/products/${encodeURIComponent(slug)}`;
}

/** A part of an address as text, or nothing if it is none. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

export function categoryPath(path: string): string {
  return `/categories/${path.split('/').map(encodeURIComponent).join('/')}`;
}

const TINTS = ['bg-leaf-soft', 'bg-sun-soft', 'bg-berry-soft', 'bg-cloth'] as const;

/** The colour behind a picture: goods of one branch of the market stand on the same cloth. */
export function tintOf(categories: readonly string[]): string {
  const root = categories[0]?.split('/')[0] ?? '';
  let mixed = 2_166_136_261;
  for (const letter of root) mixed = Math.imul(mixed ^ (letter.codePointAt(0) ?? 0), 16_777_619);
  return TINTS[(mixed >>> 3) % TINTS.length] ?? TINTS[0];
}

/** By how many whole percent a price is lower than it was, or 0. */
export function percentOff(price: number, before: number | undefined): number {
  return before && before > price ? Math.floor(((before - price) / before) * 100) : 0;
}

/** From this width on a picture fills its place, and there is more to see in it than a page shows. */
const LARGE_FROM_PX = 600;

function widthOf({ width, sources }: Image): number {
  return Math.max(width ?? 0, ...sources.map((source) => source.width ?? 0));
}

export function isLarge(image: Image): boolean {
  return widthOf(image) >= LARGE_FROM_PX;
}

/** Whether a picture has not the points to fill a large place; one of unknown size may have. */
export function isSmall(image: Image): boolean {
  const width = widthOf(image);
  return width > 0 && width < LARGE_FROM_PX;
}
