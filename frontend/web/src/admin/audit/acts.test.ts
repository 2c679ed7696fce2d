import { expect, test } from 'vitest';

import { isAction, pathOf, personOf, productOf, toldName } from './acts';

const ID = '01a2057e-f298-7576-91be-93f25ada9c70';

test('what an act was done to is a click away', () => {
  expect(pathOf('catalog.product.changed', ID)).toBe(`/admin/products/${ID}`);
  expect(pathOf('catalog.stock.adjusted', 'A/B 1')).toBe('/admin/stock?q=A%2FB%201');
  expect(pathOf('orders.refunded', 'XVX8A9C87')).toBe('/admin/orders?q=XVX8A9C87');
  expect(pathOf('orders.settings.changed', 'settings')).toBe('/admin/settings');
  expect(pathOf('catalog.media.uploaded', 'abc')).toBeNull();
});

test('accounts are told apart from other targets', () => {
  expect(personOf(`users/${ID}`)).toBe(ID);
  expect(personOf('users/7')).toBe('');
  expect(isAction('orders.refunded')).toBe(true);
  expect(isAction('orders.painted')).toBe(false);
});

test('a product is called by its name where an act tells it', () => {
  expect(productOf('catalog.product.archived', ID)).toBe(ID);
  expect(productOf('catalog.stock.adjusted', 'A-1')).toBe('');
  expect(toldName({ name: 'Mango', slug: 'mango' })).toBe('Mango');
  for (const detail of [null, 'Mango', {}, { name: 7 }]) expect(toldName(detail)).toBe('');
});
