import { expect, test } from 'vitest';

import type { Method } from './calls';
import { methodsOf, shippingOf } from './draft';

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

test('tables go to fields and back unchanged, in both languages', () => {
  for (const locale of ['en', 'pt-BR']) {
    expect(shippingOf(methodsOf([method], locale), 'BRL')).toEqual([method]);
  }
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
});
