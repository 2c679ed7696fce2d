import { expect, test } from 'vitest';

import { translate } from '@/i18n/translate';
import en from '#messages/en/admin.json';
import pt from '#messages/pt-BR/admin.json';

import { codeWord, fieldName, wordOf } from './words';

const t = translate('en', en);
const p = translate('pt-BR', pt);

test('what a field lacks is said in the language of whoever reads it', () => {
  expect(wordOf('Expected `str` of length >= 1', t)).toBe('must not be empty');
  expect(wordOf('Expected `int` >= 0', p)).toBe('precisa ser um número, a partir de 0');
  expect(wordOf('Expected `int` >= 3', t)).toBe('must be at least 3');
  expect(wordOf('Expected `str` of length <= 1000', t)).toBe('is too long: at most 1,000');
  expect(wordOf('this shop sells in BRL', p)).toBe('esta loja vende em BRL');
  expect(wordOf('must be an amount of BRL such as 19,90', p)).toBe('não é um preço em BRL, como 19,90');
  expect(wordOf('is not UTF-8', t)).toContain('CSV UTF-8');
  expect(wordOf('something quite new', p)).toBe('something quite new');
});

test('a field is called as the forms call it', () => {
  expect(fieldName('variants.0.price.amount', t)).toBe('Variants 1 · Price');
  expect(fieldName('shipping.1.rates.0.bands.2.up_to_g', p)).toBe('Frete 2 · Alíquotas 1 · Peso 3 · Até (gramas)');
  expect(fieldName('amount.amount', t)).toBe('Amount');
  expect(fieldName('body', t)).toBe('');
  expect(fieldName('header', t)).toBe('header');
});

test('a refusal that is known has words of its own', () => {
  const problem = { type: '', title: '', status: 409, detail: '', code: 'stock_is_held', available: 3 };
  const failure = { status: 409, code: 'stock_is_held', problem, retryAfterSeconds: null };
  expect(codeWord(failure, t)).toContain('Only 3 can be taken away');
  expect(codeWord({ ...failure, code: 'new' }, t)).toBeNull();
});
