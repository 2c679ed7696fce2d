import { expect, test } from 'vitest';

import { BY_NAME, canBeHad, choose, firstChoice, groupsOf } from './choice';
import type { Variant } from './goods';

function variant(sku: string, options: Record<string, string>, available = true): Variant {
  const price = { amount: 100, currency: 'BRL' };
  return { sku, name: sku, options, price, compare_at_price: null, available, quantity: available ? 5 : 0 };
}

const small = variant('S-RED', { size: 'S', colour: 'red' }, false);
const large = variant('L-RED', { size: 'L', colour: 'red' });
const blue = variant('L-BLUE', { size: 'L', colour: 'blue' }, false);
const shirts = [small, large, blue];

test('options are named in the order of the variants', () => {
  expect(groupsOf(shirts)).toEqual([
    { name: 'size', values: ['S', 'L'] },
    { name: 'colour', values: ['red', 'blue'] },
  ]);
  expect(groupsOf([variant('One', {}), variant('Two', {})])).toEqual([{ name: BY_NAME, values: ['One', 'Two'] }]);
});

test('the address decides what is shown first, else what can be had', () => {
  expect(firstChoice(shirts, 'L-BLUE')).toBe(blue);
  expect(firstChoice(shirts, 'gone')).toBe(large);
  expect(firstChoice([small], undefined)).toBe(small);
});

test('another value keeps the rest of the choice where it can', () => {
  expect(choose(shirts, large, 'colour', 'blue')).toBe(blue);
  expect(choose(shirts, blue, 'size', 'S')).toBe(small);
  expect(choose(shirts, small, 'colour', 'blue')).toBe(blue);
});

test('a value can be had only together with the rest of the choice', () => {
  expect(canBeHad(shirts, large, 'size', 'L')).toBe(true);
  expect(canBeHad(shirts, large, 'colour', 'blue')).toBe(false);
  expect(canBeHad(shirts, large, 'size', 'S')).toBe(false);
});
