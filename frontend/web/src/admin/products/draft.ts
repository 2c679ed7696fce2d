import type { Locale } from '@/i18n/locales';

import { majorOf, minorOf } from '../money';
import {
  ATTRIBUTE_VALUE_MAX,
  emptyRow,
  faultsOf,
  OPTION_VALUE_MAX,
  rowsOf,
  textsOf,
  valuesOf,
  type Fault,
  type Row,
} from '../rows/rows';
import type { Body, Image, Product } from './calls';

/** A variant as it is typed; `isNew` ones may say how many there are, for the stock of others is adjusted with a reason. */
export type DraftVariant = {
  key: number;
  isNew: boolean;
  sku: string;
  name: string;
  options: readonly Row[];
  price: string;
  before: string;
  weight: string;
  taxClass: string;
  stock: string;
};

/** A product as it is typed. */
export type Draft = {
  name: string;
  slug: string;
  description: string;
  translatedName: string;
  translatedDescription: string;
  categories: readonly string[];
  attributes: readonly Row[];
  images: readonly Image[];
  variants: readonly DraftVariant[];
};

/** The language that translations are typed in, beside the shop's own. */
export const TRANSLATED = 'pt-BR' satisfies Locale;

let lastKey = 0;

/** A variant to be typed, which differs from the one `before` it in the same ways. */
export function emptyVariant(before?: DraftVariant): DraftVariant {
  const names = (before?.options ?? []).map(({ name }) => name.trim()).filter(Boolean);
  return {
    key: ++lastKey,
    isNew: true,
    sku: '',
    name: '',
    options: names.map((name) => emptyRow(name)),
    price: '',
    before: '',
    weight: '',
    taxClass: '',
    stock: '',
  };
}

export function emptyDraft(): Draft {
  return {
    name: '',
    slug: '',
    description: '',
    translatedName: '',
    translatedDescription: '',
    categories: [],
    attributes: [],
    images: [],
    variants: [emptyVariant()],
  };
}

/** A product to be typed in; what is in the draft `before` keeps its place on the page. */
export function draftOf(product: Product, locale: string, before: Draft | null = null): Draft {
  const was = new Map(before?.variants.map((variant) => [variant.sku.trim(), variant]));
  const translation = product.translations[TRANSLATED];
  return {
    name: product.name,
    slug: product.slug,
    description: product.description,
    translatedName: translation?.name ?? '',
    translatedDescription: translation?.description ?? '',
    categories: product.categories,
    attributes: rowsOf(product.attributes, locale, before?.attributes),
    images: product.images,
    variants: product.variants
      .filter((variant) => !variant.archived)
      .map((variant) => ({
        key: was.get(variant.sku)?.key ?? ++lastKey,
        isNew: false,
        sku: variant.sku,
        name: variant.name,
        options: rowsOf(variant.options, locale, was.get(variant.sku)?.options),
        price: majorOf(variant.price.amount, variant.price.currency, locale),
        before: variant.compare_at_price
          ? majorOf(variant.compare_at_price.amount, variant.compare_at_price.currency, locale)
          : '',
        weight: variant.weight_g > 0 ? String(variant.weight_g) : '',
        taxClass: variant.tax_class,
        stock: '',
      })),
  };
}

/** What is sent of a draft; `kept` is the product as it is, whose other translations stay. */
export function bodyOf(draft: Draft, currency: string, locale: string, kept: Product | null): Body {
  const money = (text: string) => ({ amount: minorOf(text, currency) ?? -1, currency }); // -1 is refused, at its field.
  const translations = { ...kept?.translations };
  if (draft.translatedName.trim()) {
    translations[TRANSLATED] = { name: draft.translatedName.trim(), description: draft.translatedDescription };
  } else {
    Reflect.deleteProperty(translations, TRANSLATED);
  }
  return {
    name: draft.name.trim(),
    ...(draft.slug.trim() ? { slug: draft.slug.trim() } : {}),
    description: draft.description,
    translations,
    categories: [...draft.categories],
    attributes: valuesOf(draft.attributes, locale),
    images: [...draft.images],
    variants: draft.variants.map((variant) => ({
      sku: variant.sku.trim(),
      name: variant.name.trim(),
      options: textsOf(variant.options),
      price: money(variant.price),
      compare_at_price: variant.before.trim() ? money(variant.before) : null,
      ...(variant.weight.trim() || !variant.isNew ? { weight_g: wholeOf(variant.weight.trim() || '0') } : {}),
      ...(variant.taxClass ? { tax_class: variant.taxClass } : {}),
      ...(variant.isNew && variant.stock.trim() ? { stock: wholeOf(variant.stock) } : {}),
    })),
  };
}

/** Of the one, what the other has not: only this is sent, so that what others change at the same time stays. */
export function changesOf(body: Body, before: Body): Partial<Body> {
  const same = (name: string) =>
    JSON.stringify(Reflect.get(body, name)) === JSON.stringify(Reflect.get(before, name) ?? null);
  return Object.fromEntries(Object.entries(body).filter(([name]) => !same(name)));
}

/** What is no whole number becomes one that is refused, at its field. */
function wholeOf(text: string): number {
  return /^\d{1,12}$/.test(text.trim()) ? Number(text) : -1;
}

/** What is wrong with attributes and options, before anybody is asked; what is as it was `before` is no matter of this draft. */
export function wrongRows(draft: Draft, before: Draft, locale: string): Fault[] {
  const isKept = draft.attributes === before.attributes;
  return [
    ...(isKept ? [] : faultsOf(draft.attributes, 'attributes', ATTRIBUTE_VALUE_MAX, locale)),
    ...draft.variants.flatMap(({ options }, at) =>
      faultsOf(options, `variants.${at}.options`, OPTION_VALUE_MAX, locale),
    ),
  ];
}
