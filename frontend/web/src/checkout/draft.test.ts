import { expect, test } from 'vitest';

import { addressBody, faultsOf, NO_ADDRESS, NO_DRAFT, parseDraft, readDraft, writeDraft } from './draft';

const ANA = {
  ...NO_ADDRESS,
  name: ' Ana Souza',
  line1: 'Rua das Flores, 12',
  city: 'São Paulo',
  region: 'SP',
  postal_code: '01310-100',
  country: 'BR',
};

test('what is missing is named as the API names it, in the order of the page', () => {
  expect(Object.entries(faultsOf({ ...NO_DRAFT, address: { ...NO_ADDRESS, country: 'BR' } }))).toEqual([
    ['email', 'missing'],
    ['shipping_address.name', 'missing'],
    ['shipping_address.postal_code', 'missing'],
    ['shipping_address.line1', 'missing'],
    ['shipping_address.city', 'missing'],
    ['shipping_address.region', 'missing'],
  ]);
});

test('each country asks for what its addresses have', () => {
  const draft = { ...NO_DRAFT, email: 'ana@example.com', address: ANA };
  expect(faultsOf(draft)).toEqual({});
  expect(faultsOf({ ...draft, address: { ...ANA, postal_code: '0131' } })).toEqual({
    'shipping_address.postal_code': 'cep',
  });
  expect(faultsOf({ ...draft, address: { ...ANA, country: 'HK', region: '', postal_code: '' } })).toEqual({});
  expect(faultsOf({ ...draft, email: 'ana@' })).toEqual({ email: 'email' });
});

test('the API is told what was written, and nothing that is empty', () => {
  expect(addressBody(ANA)).toEqual({
    name: 'Ana Souza',
    line1: 'Rua das Flores, 12',
    city: 'São Paulo',
    region: 'SP',
    postal_code: '01310-100',
    country: 'BR',
  });
  expect(addressBody({ ...ANA, country: 'HK', postal_code: '' }).postal_code).toBe('-');
});

test('what was typed survives a reload, and nonsense in its place does no harm', () => {
  const draft = { email: 'a@b.c', address: ANA, shippingMethod: 'standard' };
  writeDraft(draft);
  expect(readDraft()).toEqual(draft);
  expect(parseDraft('{')).toEqual(NO_DRAFT);
  expect(parseDraft('{"email":5,"address":{"city":[],"x":"y"}}')).toEqual(NO_DRAFT);
});
