import type { Locale } from '@/i18n/locales';

import { majorOf, minorOf } from '../money';
import type { Body, Image, Product } from './calls';

/** A variant as it is typed; `isNew` ones may say how many there are, for the stock of others is adjusted with a reason. */
export type DraftVariant = {
  key: number;
  isNew: boolean;
  sku: string;
  name: string;
  options: string;
  price: string;
  before: string;
  weight: string;
  taxClass: string;
  stock: string;
};

/** A product as it is typed. `options` and `attributes` are pairs such as `size=L; colour=red`. */
export type Draft = {
  name: string;
  slug: string;
  description: string;
  translatedName: string;
  translatedDescription: string;
  categories: readonly string[];
  attributes: string;
  images: readonly Image[];
  variants: readonly DraftVariant[];
};

/** The language that translations are typed in, beside the shop's own. */
export const TRANSLATED = 'pt-BR' satisfies Locale;

let lastKey = 0;

export function emptyVariant(): DraftVariant {
  return {
    key: ++lastKey,
    isNew: true,
    sku: '',
    name: '',
    options: '',
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
    attributes: '',
    images: [],
    variants: [emptyVariant()],
  };
}

export function draftOf(product: Product, locale: string): Draft {
  const translation = product.translations[TRANSLATED];
  return {
    name: product.name,
    slug: product.slug,
    description: product.description,
    translatedName: translation?.name ?? '',
    translatedDescription: translation?.description ?? '',
    categories: product.categories,
    attributes: pairs(product.attributes),
    images: product.images,
    variants: product.variants
      .filter((variant) => !variant.archived)
      .map((variant) => ({
        key: ++lastKey,
        isNew: false,
        sku: variant.sku,
        name: variant.name,
        options: pairs(variant.options),
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

/** What is sent of a draft; `kept` is the product as it is, whose other translations and kinds of attributes stay. */
export function bodyOf(draft: Draft, currency: string, kept: Product | null): Body {
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
    attributes: attributesOf(draft.attributes, kept?.attributes ?? {}),
    images: [...draft.images],
    variants: draft.variants.map((variant) => ({
      sku: variant.sku.trim(),
      name: variant.name.trim(),
      options: readPairs(variant.options),
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

export function readPairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split(/[;\n]/)
      .map((pair) => pair.split('='))
      .map(([name = '', ...value]) => [name.trim(), value.join('=').trim()] as const)
      .filter(([name, value]) => name !== '' && value !== ''),
  );
}

function pairs(values: Record<string, string | number | boolean>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join('; ');
}

/** A number or yes/no that reads as it did stays what it was. */
function attributesOf(text: string, kept: Product['attributes']): Product['attributes'] {
  return Object.fromEntries(
    Object.entries(readPairs(text)).map(([name, value]) => {
      const before = kept[name];
      return [name, before !== undefined && String(before) === value ? before : value];
    }),
  );
}
