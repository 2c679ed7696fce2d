import { expect, test } from 'vitest';

import { addressOf, isChosen, NO_WISHES, readWishes, toggled, typedPrice } from './list-address';

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

test('attributes are written as the API reads them', () => {
  const attributes = [
    { name: 'origin', value: 'Bahia, do norte' },
    { name: 'size:eu', value: '4:2' },
  ];
  const address = addressOf('/x', NO_WISHES, { attributes });
  expect(new URL(address, 'http://shop').searchParams.get('attributes')).toBe(
    'origin:Bahia\\, do norte,size\\:eu:4\\:2',
  );
  expect(
    readWishes({ attributes: new URL(address, 'http://shop').searchParams.get('attributes') ?? '' }).attributes,
  ).toEqual(attributes);
});

test('a value is taken away by choosing it again', () => {
  const bahia = { name: 'origin', value: 'Bahia' };
  expect(toggled([], bahia)).toEqual([bahia]);
  expect(toggled([bahia], bahia)).toEqual([]);
  expect(isChosen([bahia], { name: 'origin', value: 'Pará' })).toBe(false);
});
