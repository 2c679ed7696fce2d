'use client';

import { useEffect, useEffectEvent } from 'react';

import type { components } from '@/api/schema';

import { textsOf } from './delivery';
import type { Draft } from './draft';
import { changeAddress, changeDraft } from './draft-store';
import { useCustomer, type Customer } from './use-customer';

type Shop = components['schemas']['ShopView'];

/** Fills in what is known before the buyer has typed anything: the country, and who is signed in. */
export function useBeginning(draft: Draft, shop: Shop): Customer | null | undefined {
  const customer = useCustomer();
  const { country, line1, name } = draft.address;
  const isBlank = line1 === '' && name === '';
  useEffect(() => {
    if (country === '') changeAddress({ country: likelyCountry(shop, navigator.languages) });
  }, [country, shop]);
  // Once: what the buyer clears stays empty.
  const fillIn = useEffectEvent((customer: Customer) => {
    if (draft.email === '') changeDraft({ email: customer.me.email });
    const saved = customer.addresses.find((one) => one.default) ?? customer.addresses[0];
    if (isBlank) changeAddress(saved ? textsOf(saved) : { name: customer.me.name });
  });
  useEffect(() => {
    if (customer) fillIn(customer);
  }, [customer]);
  return customer;
}

/** The buyer's own country by the languages of the browser, if something is sent there; else the shop's. */
export function likelyCountry(shop: Pick<Shop, 'country' | 'countries'>, languages: readonly string[]): string {
  const sold = new Set(shop.countries.map(({ code }) => code));
  const regions = languages.map((language) => /-([A-Z]{2})$/.exec(language)?.[1] ?? '');
  const found = regions.find((region) => sold.has(region));
  return found ?? (sold.has(shop.country) ? shop.country : (shop.countries[0]?.code ?? ''));
}
