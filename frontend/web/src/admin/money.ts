import { decimalsOf } from '@/i18n/format';

/** What somebody typed as an amount, in the currency's minor unit: `12,50` and `12.50` are 1250 in BRL. Null if it is none. */
export function minorOf(text: string, currency: string): number | null {
  const plain = text.trim().replace(/\s/g, '');
  const found = /^(\d{1,12})(?:[.,](\d+))?$/.exec(plain);
  if (!found?.[1]) return null;
  const decimals = decimalsOf(currency);
  const fraction = found[2] ?? '';
  if (fraction.length > decimals) return null;
  return Number(found[1]) * 10 ** decimals + Number(fraction.padEnd(decimals, '0') || '0');
}

/** An amount as it is typed: 1250 in BRL is `12.50`, or `12,50` where that is how it is written. */
export function majorOf(amount: number, currency: string, locale: string): string {
  const decimals = decimalsOf(currency);
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    useGrouping: false,
  }).format(amount / 10 ** decimals);
}
