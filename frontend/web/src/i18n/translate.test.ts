import { expect, test } from 'vitest';

import { translate } from './translate';

const texts = { hello: 'Hello, {name}', items_one: '{count} item', items_other: '{count} items' };

test('values are put into texts', () => {
  expect(translate('en', texts)('hello', { name: 'Ana' })).toBe('Hello, Ana');
});

test('a count chooses the plural and is written as the language writes numbers', () => {
  const t = translate('pt-BR', texts);
  expect(t('items', { count: 1 })).toBe('1 item');
  expect(t('items', { count: 1200 })).toBe('1.200 items');
});

test('what is no value stays as it was written', () => {
  expect(translate('en', { a: 'a {b}' })('a')).toBe('a {b}');
});
