import { addressBody, type AddressText } from '@/checkout/draft';

/** An address as it is kept: what was emptied is said to be empty, or it would stay as it was. */
export function bodyOfAddress(address: AddressText) {
  return { line2: null, region: null, phone: null, ...addressBody(address) };
}
