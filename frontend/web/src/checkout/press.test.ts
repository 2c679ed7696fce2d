import { expect, test } from 'vitest';

import { UNREACHABLE } from '@/api/problem';

import { courseOf } from './press';

const reais = (amount: number) => ({ amount, currency: 'BRL' });
const known = (amount: number, settled = true) => ({ quote: { total: reais(amount) }, settled, failure: null });
const unknown = { quote: null, settled: false, failure: null };

test('what was shown is paid, at once or as soon as it is known to be the price still', () => {
  expect(courseOf(reais(2_000), known(2_000))).toBe('pay');
  expect(courseOf(reais(2_000), known(2_000, false))).toBe('wait');
  expect(courseOf(null, unknown)).toBe('wait');
});

test('what was not shown is not paid, be it less, in another currency, or the first that is known', () => {
  expect(courseOf(reais(2_000), known(2_500))).toBe('changed');
  expect(courseOf(reais(2_000), known(1_500))).toBe('changed');
  expect(courseOf({ amount: 2_000, currency: 'USD' }, known(2_000))).toBe('changed');
  expect(courseOf(null, known(2_000))).toBe('changed');
});

test('a price that cannot be had ends the press', () => {
  expect(courseOf(reais(2_000), { ...known(2_000, false), failure: UNREACHABLE })).toBe('unknown');
  expect(courseOf(null, { ...unknown, failure: UNREACHABLE })).toBe('unknown');
});
