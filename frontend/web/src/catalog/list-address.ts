// What a list shows stands in its address, in the API's own words, so that every choice is a link that works by itself.

export const SORTS = ['relevance', 'newest', 'price', '-price', 'name'] as const;
export type Sort = (typeof SORTS)[number];

/** A value that an attribute may have; several of one attribute are alternatives. */
export type Attribute = { name: string; value: string };

export type Wishes = {
  q: string;
  min_price: number | null;
  max_price: number | null;
  in_stock: boolean;
  sort: Sort | null;
  cursor: string | null;
  attributes: Attribute[];
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
const ATTRIBUTES_LENGTH_MAX = 1_000;
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
  return {
    q: (one(asked['q']) ?? '').trim().slice(0, WORDS_MAX),
    min_price: minor(one(asked['min_price'])),
    max_price: minor(one(asked['max_price'])),
    in_stock: one(asked['in_stock']) === 'true',
    sort: SORTS.find((known) => known === sort) ?? null,
    cursor: one(asked['cursor']) ?? null,
    attributes: readAttributes(one(asked['attributes'])),
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
  if (all.attributes.length > 0) query.set('attributes', attributesText(all.attributes));
  if (all.sort) query.set('sort', all.sort);
  if (all.cursor) query.set('cursor', all.cursor);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** Whether anything but words, order and place was asked for. */
export function isNarrowed(wishes: Wishes): boolean {
  return wishes.min_price !== null || wishes.max_price !== null || wishes.in_stock || wishes.attributes.length > 0;
}

/** `origin:Bahia,organic:true`; a backslash takes its meaning from a comma or a colon. */
export function attributesText(attributes: readonly Attribute[]): string {
  const escaped = (text: string) => text.replace(/[\\,:]/g, (sign) => `\\${sign}`);
  return attributes.map(({ name, value }) => `${escaped(name)}:${escaped(value)}`).join(',');
}

function readAttributes(text = ''): Attribute[] {
  const plain = (part = '') => part.replace(/\\(.)/g, '$1');
  const pairs = text.slice(0, ATTRIBUTES_LENGTH_MAX).matchAll(/((?:\\.|[^\\,:])+):((?:\\.|[^\\,])+)(?:,|$)/g);
  return [...pairs].slice(0, ATTRIBUTES_MAX).map(([, name, value]) => ({ name: plain(name), value: plain(value) }));
}

export function isChosen(attributes: readonly Attribute[], { name, value }: Attribute): boolean {
  return attributes.some((one) => one.name === name && one.value === value);
}

/** With this value if it was not among them, without it if it was. */
export function toggled(attributes: readonly Attribute[], attribute: Attribute): Attribute[] {
  const others = attributes.filter(({ name, value }) => name !== attribute.name || value !== attribute.value);
  return others.length < attributes.length ? others : [...attributes, attribute];
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
