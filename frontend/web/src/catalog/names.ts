import type { Locale } from '@/i18n/locales';
import { textsOf, translator } from '@/i18n/messages';

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

/** `origin:Bahia` as words. */
export function attributeText(locale: Locale, attribute: string): string {
  const [key = '', ...rest] = attribute.split(':');
  const value = rest.join(':');
  const name = nameOfProperty(locale, key);
  if (value === 'true') return name;
  return `${name}: ${value === 'false' ? valueText(locale, false) : value}`;
}
