import type { Locale } from '@/i18n/locales';
import { textsOf, translator } from '@/i18n/messages';

import type { Attribute } from './list-address';

/** What an option or an attribute is called in this language; one that the texts do not know is called what it is. */
export function nameOfProperty(locale: Locale, key: string): string {
  const known: Record<string, string> = textsOf(locale, 'catalog').catalog;
  const name = known[`name_${key}`] ?? key.replaceAll('_', ' ');
  return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
}

/** The value of an attribute as words. */
export function valueText(locale: Locale, value: string | number | boolean): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return new Intl.NumberFormat(locale).format(value);
  return translator(locale, 'catalog')(value ? 'yes' : 'no');
}

/** A chosen attribute as words: `Origin: Bahia`, or `Organic` alone. */
export function attributeText(locale: Locale, { name, value }: Attribute): string {
  const words = nameOfProperty(locale, name);
  if (value === 'true') return words;
  return `${words}: ${value === 'false' ? valueText(locale, false) : value}`;
}
