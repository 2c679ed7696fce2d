import { expect, test } from 'vitest';

import { addressOf, NO_WISHES, readWishes, typedPrice } from './list-address';

test('an address is read and written back the same', () => {
  const asked = { q: 'manga', min_price: '100', in_stock: 'true', sort: '-price' };
  const address = '/en/search?q=manga&min_price=100&in_stock=true&sort=-price';
  expect(addressOf('/en/search', readWishes(asked))).toBe(address);
});

test('nonsense in an address is as if it were not there', () => {
  const asked = { min_price: '-1', max_price: '1e9', sort: 'worst', in_stock: 'maybe', page: '3' };
  expect(readWishes(asked)).toEqual(NO_WISHES);
});

test('another wish begins the list anew', () => {
  const wishes = readWishes({ cursor: 'abc', q: 'manga' });
  expect(addressOf('/x', wishes, { in_stock: true })).toBe('/x?q=manga&in_stock=true');
  expect(addressOf('/x', wishes, { cursor: 'def' })).toBe('/x?q=manga&cursor=def');
});

test.each([
  ['12', 2, 1200],
  ['12,5', 2, 1250],
  ['12.50', 2, 1250],
  ['1.234', 2, 123400],
  ['1.234,50', 2, 123450],
  ['1,234.50', 2, 123450],
  ['R$ 9,90', 2, 990],
  ['500', 0, 500],
  ['1.234', 3, 1234],
  ['', 2, null],
  ['cheap', 2, null],
])('%s typed as a price with %i decimals is %s', (text, decimals, amount) => {
  expect(typedPrice(text, decimals)).toBe(amount);
});
