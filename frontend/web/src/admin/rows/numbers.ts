const THOUSAND_DIGITS = 3;

/** What somebody typed as a number: with the decimal sign of their language, or the other one. Null if it is none. */
export function numberOf(text: string, locale: string): number | null {
  const plain = text.replace(/\s/g, '').replace(/^−/, '-');
  const found = /^([+-]?\d+)(?:([.,])(\d+))?(e[+-]?\d+)?$/i.exec(plain);
  if (!found) return null;
  const [, whole = '', sign, part = '', power = ''] = found;
  // The other language's sign may part thousands: `1.500` is neither of the two numbers that it could be.
  if (sign && sign !== decimalSign(locale) && part.length === THOUSAND_DIGITS) return null;
  const number = Number(`${whole}.${part || '0'}${power}`);
  return Number.isFinite(number) ? number : null;
}

/** A number as it is typed, with all its digits: 0.5 is `0,5` where that is how it is written. */
export function numberText(number: number, locale: string): string {
  return String(number).replace('.', decimalSign(locale));
}

function decimalSign(locale: string): string {
  const parts = new Intl.NumberFormat(locale).formatToParts(0.5);
  return parts.find(({ type }) => type === 'decimal')?.value ?? '.';
}
