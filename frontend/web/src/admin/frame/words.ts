import type { Failure } from '@/api/problem';
import type { Translate, Values } from '@/i18n/translate';
import type admin from '#messages/en/admin.json';

import type { AdminKey } from './admin-texts';

type T = Translate<typeof admin>;
type Rule = [RegExp, AdminKey];

// What the API says of a field, by its own words.
const RULES: readonly Rule[] = [
  [/^is required$|^must not be (?:empty|blank)$|of length >= 1$|got `null`$/, 'wrong_missing'],
  [/of length >= \d+$/, 'wrong_short'],
  [/^must not be more than \d+ %$/, 'wrong_percent'],
  [/`(?:str|array|object)` of length <= \d+$|^must not be more than \d+/, 'wrong_long'],
  [/matching regex '\^\[\^\\s/, 'wrong_blanks'],
  [/matching regex '\^\[a-z0-9/, 'wrong_slug'],
  [/matching regex '\\S'$/, 'wrong_missing'],
  [/matching regex/, 'wrong_form'],
  [/^Expected `int`(?: >= 0)?$|^Expected `int`, got|^must not be negative$/, 'wrong_number'],
  [/^Expected `int` >= \d+$|^must be at least \d+$/, 'wrong_least'],
  [/^Expected `int` <= \d+$|^is too large a number$|^makes the stock pass/, 'wrong_most'],
  [/^must be a number$/, 'wrong_decimal'],
  [/^has more than \d+ decimal places$/, 'wrong_places'],
  [/^must not be 0$/, 'wrong_nil'],
  [/^is there (?:already|twice)$|^stands here twice$/, 'wrong_twice'],
  [/^this shop sells in \w+$|^the order is in \w+$/, 'wrong_currency'],
  [/^is no country/, 'wrong_country'],
  [/^has a rate already$/, 'wrong_country_twice'],
  [/^another rate is for all other countries/, 'wrong_others_twice'],
  [/^only the last band is for any weight$/, 'wrong_last_band'],
  [/^the bands must rise$/, 'wrong_rise'],
  [/^needs its country$/, 'wrong_region'],
  [/^there is a rule for this place already$/, 'wrong_rule_twice'],
  [/^lies below the category itself$|^there is no such category$/, 'wrong_parent'],
  [/^the tree is at most \d+ deep$/, 'wrong_deep'],
  [/is no JPEG, PNG/, 'wrong_picture'],
  [/moves: send one/, 'wrong_moving'],
  [/has more than \d+ megapixels$/, 'wrong_megapixels'],
  [/^is not a known column$/, 'wrong_column'],
  [/^is missing$/, 'wrong_no_column'],
  [/^is not UTF-8$/, 'wrong_encoding'],
  [/^The body is not (?:UTF-8|JSON)|^cannot be read/, 'wrong_unreadable'],
  [/^must be an amount of \w+ such as [\d.,]+$/, 'wrong_amount'],
  [/^has \d+ cells, the header has/, 'wrong_cells'],
];

/** What is wrong with a field, in the language of whoever reads it; in the API's own words where there are no better ones. */
export function wordOf(message: string, t: T): string {
  for (const [pattern, key] of RULES) {
    const found = pattern.exec(message);
    if (found) return t(key, valuesOf(found[0]));
  }
  return message;
}

/** What ours take over of them: `n`, a number, `word`, a currency, and `example`, what the API would read. */
function valuesOf(message: string): Values {
  return {
    n: Number(/\d+/.exec(message)?.[0] ?? 0),
    word: /\b[A-Z]{3}\b/.exec(message)?.[0] ?? '',
    example: / such as (\S+)$/.exec(message)?.[1] ?? '',
  };
}

const FIELDS: Record<string, AdminKey> = {
  name: 'name',
  slug: 'slug',
  description: 'description',
  categories: 'categories',
  attributes: 'attributes',
  images: 'pictures',
  variants: 'variants',
  sku: 'sku',
  options: 'options',
  value: 'value',
  price: 'price',
  compare_at_price: 'price_before',
  weight_g: 'weight_g',
  stock: 'stock',
  delta: 'delta',
  reason: 'reason',
  quantity: 'quantity',
  lines: 'lines',
  amount: 'sum',
  carrier: 'carrier',
  tracking: 'tracking',
  currency: 'currency',
  shop_name: 'shop_name',
  shipping: 'shipping',
  tax: 'tax',
  country: 'country',
  countries: 'countries',
  region: 'region',
  rates: 'rates',
  days: 'days',
  bands: 'band',
  up_to_g: 'up_to_g',
  parent: 'inside',
  email: 'email',
  password: 'password',
  'pt-BR': 'portuguese',
};
// Said by what stands before them.
const SILENT = new Set(['translations', 'body']);

/** A field as the forms call it: `variants.0.price.amount` is "Variants 1 · Price". */
export function fieldName(field: string, t: T): string {
  const parts = field.split('.').filter((part) => !SILENT.has(part));
  const said: string[] = [];
  parts.forEach((part, at) => {
    const key = FIELDS[part];
    if (/^\d+$/.test(part) && said.length > 0) said.push(`${said.pop() ?? ''} ${Number(part) + 1}`);
    else if (part === 'amount' && at > 0 && at === parts.length - 1) return;
    else said.push(key ? t(key) : part);
  });
  return said.join(' · ');
}

const CODES: Record<string, AdminKey> = {
  slug_taken: 'code_slug_taken',
  sku_taken: 'code_sku_taken',
  stock_is_held: 'code_stock_is_held',
  category_taken: 'code_category_taken',
  category_in_use: 'code_category_in_use',
  not_captured: 'code_not_captured',
  not_cancellable: 'code_not_cancellable',
  refund_exceeds_captured: 'code_refund_exceeds_captured',
  fulfilment_exceeds_order: 'code_fulfilment_exceeds_order',
  last_admin: 'code_last_admin',
  email_not_verified: 'code_email_not_verified',
  waits_behind: 'code_waits_behind',
  replay_failed: 'code_replay_failed',
  bad_picture: 'code_bad_picture',
  storage_full: 'code_storage_full',
  too_large: 'code_too_large',
  unsupported_media_type: 'code_unsupported',
  in_progress: 'code_in_progress',
  product_changed: 'code_product_changed',
};

/** What a refusal is called by its code, if it has words here; `skus`, `available` and the like are said as they are. */
export function codeWord({ code, problem }: Failure, t: T): string | null {
  const key = CODES[code];
  if (!key) return null;
  const skus = problem?.['skus'];
  const available = problem?.['available'];
  return t(key, {
    skus: Array.isArray(skus) ? skus.join(', ') : '',
    available: typeof available === 'number' ? available : 0,
  });
}
