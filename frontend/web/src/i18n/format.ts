import type { Locale } from './locales';

/** As the API says it: an integer in the currency's minor unit. */
export type Money = { amount: number; currency: string };

/** How many decimals a currency has: 2 for BRL, 0 for JPY, 3 for KWD. */
export function decimalsOf(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

export function formatMoney(money: Money, locale: Locale): string {
  const value = money.amount / 10 ** decimalsOf(money.currency);
  return new Intl.NumberFormat(locale, { style: 'currency', currency: money.currency }).format(value);
}

export function formatDate(time: string, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(new Date(time));
}

export function formatTime(time: string, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time));
}
