import 'server-only';

import { api, Unanswered } from '@/api/server';
import type { Locale } from '@/i18n/locales';

import { below, type Step } from './categories';
import type { Product } from './goods';
import { categoriesOf } from './read';

const STALLS_MAX = 14;
const EACH = 3;
const BEST = 8;
const NEWEST = 16;

/** A main category with some of its goods. */
export type Stall = Step & { goods: Product[] };

/** The main categories that have anything to show. */
export async function stallsOf(locale: Locale): Promise<Stall[]> {
  const roots = below(await categoriesOf(locale), null).slice(0, STALLS_MAX);
  const stalls = await Promise.all(
    roots.map(async (root) => {
      const query = { category: root.path, in_stock: true, limit: EACH };
      const { data, response } = await api(locale).GET('/v1/products', { params: { query } });
      if (!data) throw new Unanswered(response.status);
      return { ...root, goods: data.items };
    }),
  );
  return stalls.filter(({ goods }) => goods.length > 0);
}

/** What sold most in the last days; a page stands without it. */
export async function bestsellersOf(locale: Locale): Promise<Product[]> {
  const { data } = await api(locale).GET('/v1/bestsellers', { params: { query: { limit: BEST } } });
  return data?.items ?? [];
}

export async function newestOf(locale: Locale): Promise<Product[]> {
  const query = { sort: 'newest', limit: NEWEST } as const;
  const { data, response } = await api(locale).GET('/v1/products', { params: { query } });
  if (!data) throw new Unanswered(response.status);
  return data.items;
}
