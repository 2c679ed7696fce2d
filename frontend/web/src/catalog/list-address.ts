// What a list shows stands in its address, in the API's own words, so that every choice is a link that works by itself.

export const SORTS = ['relevance', 'newest', 'price', '-price', 'name'] as const;
export type Sort = (typeof SORTS)[number];

export type Wishes = {
  q: string;
  min_price: number | null;
  max_price: number | null;
  in_stock: boolean;
  sort: Sort | null;
  cursor: string | null;
  /** `name:value`, as the API takes them. */
  attributes: string[];
};

export type Asked = Record<string, string | string[] | undefined>;

export const NO_WISHES: Wishes = {
  q: '',
  min_price: null,
  max_price: null,
  in_stock: false,
  sort: null,
  cursor: null,
  attributes: [],
};

const WORDS_MAX = 200;
const ATTRIBUTES_MAX = 20;
const MINOR_MAX = 2 ** 53 - 1;

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function minor(text: string | undefined): number | null {
  const number = text && /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  return Number.isFinite(number) && number <= MINOR_MAX ? number : null;
}

/** Reads an address; what makes no sense is as if it were not there. */
export function readWishes(asked: Asked): Wishes {
  const sort = one(asked['sort']);
  const attributes = asked['attributes'];
  return {
    q: (one(asked['q']) ?? '').trim().slice(0, WORDS_MAX),
    min_price: minor(one(asked['min_price'])),
    max_price: minor(one(asked['max_price'])),
    in_stock: one(asked['in_stock']) === 'true',
    sort: SORTS.find((known) => known === sort) ?? null,
    cursor: one(asked['cursor']) ?? null,
    attributes: (Array.isArray(attributes) ? attributes : attributes ? [attributes] : []).slice(0, ATTRIBUTES_MAX),
  };
}

/** The address of a list with other wishes: always from its beginning, unless a cursor is among them. */
export function addressOf(path: string, wishes: Wishes, change: Partial<Wishes> = {}): string {
  const all = { ...wishes, cursor: null, ...change };
  const query = new URLSearchParams();
  if (all.q) query.set('q', all.q);
  if (all.min_price !== null) query.set('min_price', String(all.min_price));
  if (all.max_price !== null) query.set('max_price', String(all.max_price));
  if (all.in_stock) query.set('in_stock', 'true');
  for (const attribute of all.attributes) query.append('attributes', attribute);
  if (all.sort) query.set('sort', all.sort);
  if (all.cursor) query.set('cursor', all.cursor);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** Whether anything but words, order and place was asked for. */
export function isNarrowed(wishes: Wishes): boolean {
  return wishes.min_price !== null || wishes.max_price !== null || wishes.in_stock || wishes.attributes.length > 0;
}

export function toggled(list: readonly string[], value: string): string[] {
  return list.includes(value) ? list.filter((other) => other !== value) : [...list, value];
}

/** What somebody typed as a price, in the currency's minor unit: `12`, `12.5`, `12,50` and `1.234,50` are understood. */
export function typedPrice(text: string | undefined, decimals: number): number | null {
  const tidy = (text ?? '').replace(/[^\d.,]/g, '');
  const found = /^([\d.,]*?)(?:[.,](\d{1,3}))?$/.exec(tidy);
  if (!tidy || !found) return null;
  const [, whole = '', part = ''] = found;
  // Three digits after a point are thousands, where the currency has no such decimals.
  const isThousands = part.length === 3 && decimals < 3;
  const digits = (whole + (isThousands ? part : '')).replace(/\D/g, '');
  const value = Number(digits || '0') * 10 ** decimals;
  const rest = isThousands ? 0 : Number(part.padEnd(decimals, '0').slice(0, decimals) || '0');
  return Number.isSafeInteger(value + rest) ? value + rest : null;
}
