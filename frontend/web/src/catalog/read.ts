import 'server-only';

import { cache } from 'react';

import { api, Unanswered } from '@/api/server';
import type { Locale } from '@/i18n/locales';

import type { Category, WholeProduct } from './goods';

/** The tree of categories, asked for once however many parts of a page want it. */
export const categoriesOf = cache(async (locale: Locale): Promise<Category[]> => {
  const { data, response } = await api(locale).GET('/v1/categories');
  if (!data) throw new Unanswered(response.status);
  return data.items;
});

/** A product, or null if there is none. */
export const productOf = cache(async (locale: Locale, slug: string): Promise<WholeProduct | null> => {
  const { data, response } = await api(locale).GET('/v1/products/{product}', { params: { path: { product: slug } } });
  if (response.status === 404) return null;
  if (!data) throw new Unanswered(response.status);
  return data;
});

/** The currency in which the shop sells. */
export const currencyOf = cache(async (locale: Locale): Promise<string> => {
  const { data, response } = await api(locale).GET('/v1/shop');
  if (!data) throw new Unanswered(response.status);
  return data.currency;
});
