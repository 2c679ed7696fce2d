import { numberOf, numberText } from '../rows/numbers';
import { emptyRow, faultsOf, rowsOf, saysSomething, type Fault, type Row } from '../rows/rows';
import type { Tax } from './calls';

/** The class that all others pay as well, unless they have a rate of their own. */
export const STANDARD = 'standard';
export const CLASSES_MAX = 50;
const CLASS_LETTERS_MAX = 64;
const PERCENT_MAX = 100;
const PLACES_MAX = 4;
const PPM_A_PERCENT = 10 ** PLACES_MAX;

/** A rule as it is typed: its rates are classes with their per cent. */
export type DraftTax = {
  key: number;
  country: string;
  region: string;
  included: boolean;
  shippingClass: string;
  rates: readonly Row[];
};

let lastKey = 0;

export function emptyTax(): DraftTax {
  return { key: ++lastKey, country: '', region: '', included: true, shippingClass: '', rates: [emptyRow(STANDARD)] };
}

/** The rules that are kept; where one was in the draft `before`, it and its rows keep their places on the page. */
export function taxesOf(taxes: readonly Tax[], locale: string, before: readonly DraftTax[] = []): DraftTax[] {
  return taxes.map((tax, at) => ({
    key: before[at]?.key ?? ++lastKey,
    country: tax.country ?? '',
    region: tax.region ?? '',
    included: tax.included,
    shippingClass: tax.shipping_class ?? '',
    rates: rowsOf(tax.rates, locale, before[at]?.rates).map((row) => ({
      ...row,
      kind: 'text',
      value: numberText((tax.rates[row.name] ?? 0) / PPM_A_PERCENT, locale),
    })),
  }));
}

/** What is sent of it; `wrongTaxes` has found nothing in it. */
export function taxOf(drafts: readonly DraftTax[], locale: string) {
  return drafts.map((draft) => ({
    country: draft.country.trim().toUpperCase() || null,
    region: draft.region.trim() || null,
    included: draft.included,
    shipping_class: draft.shippingClass.trim() || null,
    rates: Object.fromEntries(
      draft.rates
        .filter(saysSomething)
        .map(({ name, value }) => [name.trim(), Math.round((percentOf(value, locale) ?? -1) * PPM_A_PERCENT)]),
    ),
  }));
}

/** What is wrong with rates, at the place of each: the API itself says only that one of the rule's is. */
export function wrongTaxes(drafts: readonly DraftTax[], locale: string): Fault[] {
  return drafts.flatMap(({ rates }, number) => {
    const field = `tax.${number}.rates`;
    const missing = faultsOf(rates, field, Infinity, locale);
    const known = new Set(missing.map((fault) => fault.field));
    const wrong = rates.flatMap((row, at) => {
      if (!saysSomething(row)) return [];
      const said = { name: wrongClass(row.name.trim()), value: wrongPercent(row.value, locale) };
      return Object.entries(said).flatMap(([part, message]) => {
        const place = `${field}.${at}.${part}`;
        return message && !known.has(place) ? [{ field: place, message }] : [];
      });
    });
    return [...missing, ...wrong];
  });
}

function wrongClass(name: string): string | null {
  if (name.length > CLASS_LETTERS_MAX) return `Expected \`str\` of length <= ${CLASS_LETTERS_MAX}`;
  return /^[a-z0-9][a-z0-9_-]*$/.test(name) ? null : "matching regex '^[a-z0-9][a-z0-9_-]*$'";
}

function wrongPercent(text: string, locale: string): string | null {
  const percent = percentOf(text, locale);
  if (percent === null) return 'must be a number';
  if (percent < 0) return 'must not be negative';
  if (percent > PERCENT_MAX) return `must not be more than ${PERCENT_MAX} %`;
  return percent === Number(percent.toFixed(PLACES_MAX)) ? null : `has more than ${PLACES_MAX} decimal places`;
}

/** Who writes `17 %` means 17. */
function percentOf(text: string, locale: string): number | null {
  return numberOf(text.replace(/%\s*$/, ''), locale);
}
