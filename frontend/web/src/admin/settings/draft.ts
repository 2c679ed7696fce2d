import { majorOf, minorOf } from '../money';
import type { Method, Tax } from './calls';

const PPM_A_PERCENT = 10_000;

export type DraftBand = { upToG: string; price: string };
export type DraftRate = { countries: string; days: string; bands: readonly DraftBand[] };
export type DraftMethod = Pick<Method, 'id' | 'name' | 'translations'> & {
  isNew: boolean;
  rates: readonly DraftRate[];
};
export type DraftTax = { country: string; region: string; included: boolean; shippingClass: string; rates: string };

export const EMPTY_BAND: DraftBand = { upToG: '', price: '' };
export const EMPTY_RATE: DraftRate = { countries: '', days: '', bands: [EMPTY_BAND] };
export const EMPTY_METHOD: DraftMethod = { isNew: true, id: '', name: '', translations: {}, rates: [EMPTY_RATE] };
export const EMPTY_TAX: DraftTax = { country: '', region: '', included: true, shippingClass: '', rates: '' };

export function methodsOf(methods: readonly Method[], locale: string): DraftMethod[] {
  return methods.map((method) => ({
    ...method,
    isNew: false,
    rates: method.rates.map((rate) => ({
      countries: rate.countries.join(', '),
      days: String(rate.days),
      bands: rate.bands.map((band) => ({
        upToG: band.up_to_g === null ? '' : String(band.up_to_g),
        price: majorOf(band.price.amount, band.price.currency, locale),
      })),
    })),
  }));
}

/** What is sent of it. What cannot be read as a number is sent so that it is refused at its own field. */
export function shippingOf(drafts: readonly DraftMethod[], currency: string) {
  return drafts.map(({ id, name, translations, rates }) => ({
    id: id.trim(),
    name: name.trim(),
    translations,
    rates: rates.map((rate) => ({
      countries: wordsOf(rate.countries).map((code) => code.toUpperCase()),
      days: wholeOf(rate.days),
      bands: rate.bands.map((band) => ({
        up_to_g: band.upToG.trim() === '' ? null : wholeOf(band.upToG),
        price: { amount: minorOf(band.price, currency) ?? -1, currency },
      })),
    })),
  }));
}

export function taxesOf(taxes: readonly Tax[]): DraftTax[] {
  return taxes.map((tax) => ({
    country: tax.country ?? '',
    region: tax.region ?? '',
    included: tax.included,
    shippingClass: tax.shipping_class ?? '',
    rates: Object.entries(tax.rates)
      .map(([name, rate]) => `${name}=${rate / PPM_A_PERCENT}`)
      .join('; '),
  }));
}

export function taxOf(drafts: readonly DraftTax[]) {
  return drafts.map((draft) => ({
    country: draft.country.trim().toUpperCase() || null,
    region: draft.region.trim() || null,
    included: draft.included,
    shipping_class: draft.shippingClass.trim() || null,
    rates: Object.fromEntries(
      draft.rates
        .split(';')
        .map((pair) => pair.split('='))
        .filter(([name]) => name?.trim())
        .map(([name = '', rate = '']) => [name.trim(), partsOf(rate)]),
    ),
  }));
}

/** Per cent as parts per million: `17,5` is 175000. */
function partsOf(text: string): number {
  const found = /^\d{1,3}(?:[.,]\d{1,4})?$/.exec(text.trim());
  return found ? Math.round(Number(found[0].replace(',', '.')) * PPM_A_PERCENT) : -1;
}

function wholeOf(text: string): number {
  return /^\d{1,12}$/.test(text.trim()) ? Number(text) : -1;
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}
