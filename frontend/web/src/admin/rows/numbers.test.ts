import { expect, test } from 'vitest';

import { numberOf, numberText } from './numbers';

test.each([
  ['1.5', 'en', 1.5],
  ['1,5', 'en', 1.5],
  ['1,5', 'pt-BR', 1.5],
  ['0,125', 'pt-BR', 0.125],
  [' 1 000 ', 'pt-BR', 1000],
  ['−18', 'en', -18],
  ['-0.5', 'pt-BR', -0.5],
])('%s in %s is %d', (text, locale, number) => {
  expect(numberOf(text, locale)).toBe(number);
});

test.each([
  ['', 'en'],
  ['1,500', 'en'],
  ['1.500', 'pt-BR'],
  ['1.000,50', 'pt-BR'],
  ['.5', 'en'],
  ['1.', 'en'],
  ['12 kg', 'en'],
  ['1e999', 'en'],
])('%s in %s is no number, or more than one', (text, locale) => {
  expect(numberOf(text, locale)).toBeNull();
});

test.each([0, 7, -18, 0.1, 1.125, 2 ** 53 - 1, 1e-9, 1e300])('%d comes back as it was', (number) => {
  for (const locale of ['en', 'pt-BR']) expect(numberOf(numberText(number, locale), locale)).toBe(number);
});
