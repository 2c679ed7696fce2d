import { tab } from '@/api/kept';

import { NO_CODE, addressForm, isPostalCode } from './places';

const KEY = 'feira.checkout';
const TEXT_MAX = 200;

export type AddressText = {
  name: string;
  line1: string;
  line2: string;
  city: string;
  region: string;
  postal_code: string;
  country: string;
  phone: string;
};

/** What the buyer has typed so far: all of it but how it is paid. */
export type Draft = { email: string; address: AddressText; shippingMethod: string | null };

/** Fields go by the names that the API gives them, so that its errors find them. */
export type FieldName = 'email' | 'shipping_method' | `shipping_address.${keyof AddressText}`;
export type Fault = 'missing' | 'email' | 'cep' | 'postal_code' | 'too_long';
export type Faults = Partial<Record<FieldName, Fault>>;

export const NO_ADDRESS: AddressText = {
  name: '',
  line1: '',
  line2: '',
  city: '',
  region: '',
  postal_code: '',
  country: '',
  phone: '',
};
export const NO_DRAFT: Draft = { email: '', address: NO_ADDRESS, shippingMethod: null };

/** What keeps the buyer from ordering, in the order of the page. */
export function faultsOf({ email, address }: Draft): Faults {
  const faults: Faults = {};
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim())) faults.email = email.trim() ? 'email' : 'missing';
  const form = addressForm(address.country);
  for (const field of ['country', 'name', 'postal_code', 'line1', 'city', 'region'] as const) {
    const isNeeded =
      field === 'region' ? form.region !== 'optional' : field === 'postal_code' ? form.code !== 'none' : true;
    if (isNeeded && address[field].trim() === '') faults[`shipping_address.${field}`] = 'missing';
    else if (address[field].length > TEXT_MAX) faults[`shipping_address.${field}`] = 'too_long';
  }
  if (!faults['shipping_address.postal_code'] && !isPostalCode(address.postal_code, address.country)) {
    faults['shipping_address.postal_code'] = form.code === 'cep' ? 'cep' : 'postal_code';
  }
  return faults;
}

/** The address as the API takes it: without blanks around, and without what is empty. */
export function addressBody(address: AddressText) {
  const { line2, region, phone, ...needed } = Object.fromEntries(
    Object.entries(address).map(([field, text]) => [field, text.trim()]),
  ) as AddressText;
  const postal_code = addressForm(address.country).code === 'none' ? NO_CODE : needed.postal_code;
  return { ...needed, postal_code, ...(line2 && { line2 }), ...(region && { region }), ...(phone && { phone }) };
}

export function readDraft(): Draft {
  return parseDraft(tab.read(KEY));
}

export function writeDraft(draft: Draft): void {
  tab.keep(KEY, JSON.stringify(draft));
}

export function parseDraft(text: string | null): Draft {
  if (text === null) return NO_DRAFT;
  try {
    const { email, address, shippingMethod } = JSON.parse(text) as Partial<Draft>;
    const kept = Object.fromEntries(
      Object.keys(NO_ADDRESS).map((field) => [field, textOf(address?.[field as keyof AddressText])]),
    ) as AddressText;
    return { email: textOf(email), address: kept, shippingMethod: textOf(shippingMethod) || null };
  } catch {
    return NO_DRAFT;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
