import { expect, test } from 'vitest';

import { majorOf, minorOf } from './money';

test.each([
  ['12.50', 'BRL', 1250],
  ['12,5', 'BRL', 1250],
  [' 1 000 ', 'BRL', 100_000],
  ['80', 'JPY', 80],
  ['1.234', 'KWD', 1234],
  ['0.07', 'USD', 7],
])('%s %s is %d', (text, currency, minor) => {
  expect(minorOf(text, currency)).toBe(minor);
});

test.each([
  ['', 'BRL'],
  ['-1', 'BRL'],
  ['1.000,50', 'BRL'],
  ['12.505', 'BRL'],
  ['80.5', 'JPY'],
  ['abc', 'BRL'],
])('%s is no amount of %s', (text, currency) => {
  expect(minorOf(text, currency)).toBeNull();
});

test('an amount is shown as it can be typed', () => {
  expect(majorOf(125_050, 'BRL', 'pt-BR')).toBe('1250,50');
  expect(majorOf(80, 'JPY', 'en')).toBe('80');
});
