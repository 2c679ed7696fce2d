import type { Locale } from './locales';

export type Texts = Readonly<Record<string, string>>;
export type Values = Readonly<Record<string, string | number>>;

type Plural = 'zero' | 'one' | 'two' | 'few' | 'many' | 'other';

/** The keys of an area's texts; those that count (`items_one`, `items_other`) go by what they have in common. */
export type KeyOf<T> = { [K in keyof T & string]: K extends `${infer Base}_${Plural}` ? Base : K }[keyof T & string];

export type Translate<T> = (key: KeyOf<T>, values?: Values) => string;

/** Says an area's texts in a language; `count` among the values chooses the plural. */
export function translate<T extends Texts>(locale: Locale, texts: T): Translate<T> {
  const plurals = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);
  const say = (value: string | number) => (typeof value === 'number' ? numbers.format(value) : value);
  return (key, values = {}) => {
    const count = values['count'];
    const counted = typeof count === 'number' ? texts[`${key}_${plurals.select(count)}`] : undefined;
    const text = counted ?? texts[`${key}_other`] ?? texts[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (all, name: string) => say(values[name] ?? all));
  };
}
