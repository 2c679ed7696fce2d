import { expect, test } from 'vitest';

import type { Method, Tax } from './calls';
import { methodsOf, shippingOf, taxesOf, taxOf } from './draft';

const method: Method = {
  id: 'standard',
  name: 'Standard',
  translations: { 'pt-BR': { name: 'Padrão' } },
  rates: [
    {
      countries: ['BR', 'PT'],
      days: 5,
      bands: [
        { up_to_g: 1000, price: { amount: 1500, currency: 'BRL' } },
        { up_to_g: null, price: { amount: 4000, currency: 'BRL' } },
      ],
    },
  ],
};
const tax: Tax = {
  country: 'BR',
  region: null,
  included: true,
  shipping_class: null,
  rates: { standard: 175_000, food: 0 },
};

test('tables go to fields and back unchanged, in both languages', () => {
  for (const locale of ['en', 'pt-BR']) {
    expect(shippingOf(methodsOf([method], locale), 'BRL')).toEqual([method]);
  }
  expect(taxOf(taxesOf([tax]))).toEqual([tax]);
});

test('what is no number is sent to be refused, not guessed', () => {
  const [draft] = methodsOf([method], 'en');
  if (!draft) throw new Error('there is one');
  const wrong = shippingOf(
    [{ ...draft, rates: [{ countries: 'br pt', days: 'x', bands: [{ upToG: '1k', price: 'a' }] }] }],
    'BRL',
  );
  expect(wrong[0]?.rates[0]).toEqual({
    countries: ['BR', 'PT'],
    days: -1,
    bands: [{ up_to_g: -1, price: { amount: -1, currency: 'BRL' } }],
  });
  expect(
    taxOf([{ country: '', region: '', included: false, shippingClass: '', rates: 'standard=17.5; food=abc' }])[0],
  ).toEqual({
    country: null,
    region: null,
    included: false,
    shipping_class: null,
    rates: { standard: 175_000, food: -1 },
  });
});
