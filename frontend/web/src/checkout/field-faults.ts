import type { Messages } from '@/i18n/messages';
import type { Translate } from '@/i18n/translate';

import type { AddressText, Faults } from './draft';

const PREFIX = 'shipping_address.';

/** What the shop itself found wrong, by field, said in the language of the page. */
export function wordsOfShop(
  fields: Record<string, string>,
  t: Translate<Messages['checkout']>,
): { byField: Record<string, string>; other: string | null } {
  const byField: Record<string, string> = {};
  let other: string | null = null;
  for (const [field, message] of Object.entries(fields)) {
    if (field === 'email') byField[field] = t('fault_email');
    else if (field === 'country' || field === `${PREFIX}country`) byField[`${PREFIX}country`] = t('fault_country');
    else if (field.startsWith(PREFIX)) byField[field] = t('fault_here');
    else if (field.startsWith('payment.')) byField['payment'] = t('fault_here');
    else if (field === 'shipping_method') byField[field] = t('fault_here');
    else other ??= t('invalid_text', { message: `${field} ${message}` });
  }
  return { byField, other };
}

export function wordsOfFaults(faults: Faults, t: Translate<Messages['checkout']>): Record<string, string> {
  return Object.fromEntries(Object.entries(faults).map(([field, fault]) => [field, t(`fault_${fault}`)]));
}

/** The words for the fields of the address, by the names that it has for them. */
export function addressWords(words: Record<string, string>): Partial<Record<keyof AddressText, string>> {
  const own = Object.entries(words).filter(([field]) => field.startsWith(PREFIX));
  return Object.fromEntries(own.map(([field, said]) => [field.slice(PREFIX.length), said]));
}

/** Leads to the first field on the page that something is wrong with. */
export function focusFirst(form: HTMLFormElement, wrong: readonly string[]): void {
  const names = new Set(wrong);
  const fields = [...form.querySelectorAll<HTMLElement>('input[name], select[name]')];
  fields.find((field) => names.has(field.getAttribute('name') ?? ''))?.focus();
}
