import { majorOf, minorOf } from '../money';
import type { Method } from './calls';

export type DraftBand = { upToG: string; price: string };
export type DraftRate = { countries: string; days: string; bands: readonly DraftBand[] };
export type DraftMethod = Pick<Method, 'id' | 'name' | 'translations'> & {
  isNew: boolean;
  rates: readonly DraftRate[];
};

export const EMPTY_BAND: DraftBand = { upToG: '', price: '' };
export const EMPTY_RATE: DraftRate = { countries: '', days: '', bands: [EMPTY_BAND] };
export const EMPTY_METHOD: DraftMethod = { isNew: true, id: '', name: '', translations: {}, rates: [EMPTY_RATE] };

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

function wholeOf(text: string): number {
  return /^\d{1,12}$/.test(text.trim()) ? Number(text) : -1;
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}
