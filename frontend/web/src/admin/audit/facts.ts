import { formatMoney, type Money } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import type { Translate } from '@/i18n/translate';
import type admin from '#messages/en/admin.json';

import type { AdminKey } from '../frame/admin-texts';
import { fieldName } from '../frame/words';

/** A line of what an act was about; `name` is empty where the words say it all. */
export type Fact = { name: string; text: string };

/** How it is said: `currency` is what the shop counts in, or null while that is not known. */
export type Speech = { t: Translate<typeof admin>; locale: Locale; currency: string | null };

export const FACTS_MAX = 40;
export const TEXT_MAX = 1000;
const ITEMS_MAX = 20;
const DEPTH_MAX = 3;

// What the forms call otherwise, or not at all.
const NAMES: Record<string, AdminKey> = {
  delta: 'quantity',
  archived: 'is_archived',
  translations: 'translations',
  tax_class: 'tax_class',
  path: 'path',
  refund: 'refunded',
  changed: 'updated',
  updated: 'updated',
  created: 'created',
  unchanged: 'unchanged',
  failed: 'wrong',
  topic: 'event',
  key: 'key',
  handler: 'handler',
  width: 'width',
  height: 'height',
  bytes: 'file_size',
};

const WORDS: Record<string, AdminKey> = { customer: 'role_customer', staff: 'role_staff', admin: 'role_admin' };

// Told in the currency's minor unit, without the currency.
const SUMS = new Set(['amount', 'refund']);
// What stands in these is called as it is: it is no field of ours.
const FREE = new Set(['options', 'attributes']);
// The journal says that they changed, not to what.
const TOLD = '…';

/** What an act was about, in words: its detail is JSON of the service that tells of it. */
export function factsOf(detail: unknown, speech: Speech): Fact[] {
  if (isEmpty(detail)) return [];
  if (!isObject(detail)) return [{ name: '', text: short(textOf('', detail, speech, 0)) }];
  if (isChange(detail)) return [{ name: '', text: changeOf(detail, speech) }];
  const entries = Object.entries(detail);
  const facts = entries.slice(0, FACTS_MAX).map(([key, value]) => ({
    name: nameOf(key, speech),
    text: short(textOf(key, value, speech, 0)),
  }));
  return entries.length > FACTS_MAX ? [...facts, { name: '', text: TOLD }] : facts;
}

function nameOf(key: string, { t }: Speech): string {
  const known = NAMES[key];
  return known ? t(known) : fieldName(key, t).replaceAll('_', ' ');
}

/** A value as words; `key` is what it is called, and `depth` how many others it stands in. */
function textOf(key: string, value: unknown, speech: Speech, depth: number): string {
  const { t, locale } = speech;
  if (isEmpty(value)) return '–';
  if (typeof value === 'string') return value === TOLD ? t('set_anew') : value;
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (typeof value === 'number') return numberText(key, value, speech);
  if (isMoney(value)) return formatMoney(value, locale);
  if (depth >= DEPTH_MAX) return JSON.stringify(value);
  if (Array.isArray(value)) return listText(key, value, speech, depth);
  if (!isObject(value)) return '';
  if (isChange(value)) return changeOf(value, speech);
  if (key === 'lines') return linesText(value, speech);
  return pairsText(value, FREE.has(key), speech, depth);
}

function numberText(key: string, value: number, { locale, currency }: Speech): string {
  if (SUMS.has(key)) return currency ? formatMoney({ amount: value, currency }, locale) : TOLD;
  if (key === 'bytes') {
    const unit = { style: 'unit', unit: 'kilobyte', maximumFractionDigits: 1 } as const;
    return new Intl.NumberFormat(locale, unit).format(value / 1000);
  }
  return new Intl.NumberFormat(locale, key === 'delta' ? { signDisplay: 'exceptZero' } : {}).format(value);
}

function listText(key: string, values: readonly unknown[], speech: Speech, depth: number): string {
  const isOfFields = key === 'changed';
  const words = values.slice(0, ITEMS_MAX).map((value) => {
    if (isOfFields && typeof value === 'string') return nameOf(value, speech);
    return isPicture(value) ? value.alt || fileOf(value.url) : textOf('', value, speech, depth + 1);
  });
  return [...words, ...(values.length > ITEMS_MAX ? [TOLD] : [])].join(values.some(isObject) ? '; ' : ', ');
}

/** Goods by sku, as an order's own page says them: `2 × MANGO-1KG`. */
function linesText(lines: Record<string, unknown>, speech: Speech): string {
  return Object.entries(lines)
    .slice(0, ITEMS_MAX)
    .map(([sku, quantity]) => `${textOf('', quantity, speech, 1)} × ${sku}`)
    .join(', ');
}

/** What a thing is made of; what it has not is left out. A variant begins with its sku. */
function pairsText(pairs: Record<string, unknown>, isFree: boolean, speech: Speech, depth: number): string {
  return Object.entries(pairs)
    .filter(([, value]) => !isEmpty(value))
    .map(([key, value]) => {
      const text = textOf(isFree ? '' : key, value, speech, depth + 1);
      if (key === 'sku' && !isFree) return text;
      return `${isFree ? key : nameOf(key, speech)}: ${text}`;
    })
    .join(' · ');
}

type Change = { from: unknown; to: unknown };

function changeOf({ from, to }: Change, speech: Speech): string {
  const said = [from, to].map((value) => {
    const word = typeof value === 'string' ? WORDS[value] : undefined;
    return word ? speech.t(word) : textOf('', value, speech, 1);
  });
  return said.join(' → ');
}

function short(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}${TOLD}` : text;
}

function fileOf(url: string): string {
  return url.split('/').at(-1) ?? url;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === null || value === undefined || value === '' || (isObject(value) && Object.keys(value).length === 0);
}

function isChange(value: Record<string, unknown>): value is Change {
  return 'from' in value && 'to' in value && Object.keys(value).length === 2;
}

function isMoney(value: unknown): value is Money {
  if (!isObject(value) || Object.keys(value).length !== 2) return false;
  const { amount, currency } = value;
  return Number.isSafeInteger(amount) && typeof currency === 'string' && /^[A-Z]{3}$/.test(currency);
}

function isPicture(value: unknown): value is { url: string; alt: string } {
  return isObject(value) && typeof value['url'] === 'string' && typeof value['alt'] === 'string';
}
