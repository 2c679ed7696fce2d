import { expect, test } from 'vitest';

import { addressForm, BRAZILIAN_STATES, formatCep, isPostalCode } from './places';

test.each([
  ['', ''],
  ['0131', '0131'],
  ['01310', '01310'],
  ['013101', '01310-1'],
  ['01310-100', '01310-100'],
  ['CEP 01.310-100 SP', '01310-100'],
  ['013101009', '01310-100'],
])('a CEP is written as it is typed: %s', (typed, written) => {
  expect(formatCep(typed)).toBe(written);
});

test.each([
  ['01310-100', 'BR', true],
  ['01310-10', 'BR', false],
  ['00000-000', 'BR', false],
  ['94103', 'US', true],
  ['94103-1234', 'US', true],
  ['9410', 'US', false],
  ['SW1A 1AA', 'GB', true],
  [' ', 'GB', false],
  ['', 'HK', true],
])('%s as a code of %s: %s', (text, country, is) => {
  expect(isPostalCode(text, country)).toBe(is);
});

test('Brazil has 26 states and a federal district', () => {
  expect(new Set(BRAZILIAN_STATES.map(([code]) => code)).size).toBe(27);
  expect(addressForm('BR').region).toBe('states');
  expect(addressForm('DE')).toEqual({ code: 'postcode', region: 'optional' });
});
