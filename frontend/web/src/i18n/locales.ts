/** The languages of the shop, the first of which is spoken when none was asked for. */
export const LOCALES = ['en', 'pt-BR'] as const;
export type Locale = (typeof LOCALES)[number];

export const LANGUAGES: Record<Locale, string> = { en: 'English', 'pt-BR': 'Português' };

export function isLocale(text: string): text is Locale {
  return (LOCALES as readonly string[]).includes(text);
}
