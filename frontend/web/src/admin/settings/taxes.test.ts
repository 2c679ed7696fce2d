import { expect, test } from 'vitest';

import { emptyRow } from '../rows/rows';
import type { Tax } from './calls';
import { emptyTax, taxesOf, taxOf, wrongTaxes, type DraftTax } from './taxes';

const tax: Tax = {
  country: 'BR',
  region: null,
  included: true,
  shipping_class: null,
  rates: { standard: 175_000, food: 0, books: 1, all: 1_000_000 },
};

function ruleOf(rates: readonly (readonly [string, string])[], locale = 'en'): [DraftTax, string] {
  return [{ ...emptyTax(), rates: rates.map(([name, value]) => ({ ...emptyRow(name), value })) }, locale];
}

function wrong(rates: readonly (readonly [string, string])[], locale = 'en') {
  const [rule] = ruleOf(rates);
  return wrongTaxes([rule], locale).map(({ field, message }) => [field.replace('tax.0.rates.', ''), message]);
}

test('rules go to fields and back unchanged, in the digits of each language', () => {
  for (const locale of ['en', 'pt-BR']) {
    const drafts = taxesOf([tax], locale);
    expect(wrongTaxes(drafts, locale)).toEqual([]);
    expect(taxOf(drafts, locale)).toEqual([tax]);
  }
  expect(taxesOf([tax], 'pt-BR')[0]?.rates.map(({ value }) => value)).toEqual(['17,5', '0', '0,0001', '100']);
});

test('what is kept stays in its row', () => {
  const before = taxesOf([tax], 'en');
  const after = taxesOf([{ ...tax, rates: { food: 70_000, standard: 1 } }], 'en', before);
  expect(after[0]?.key).toBe(before[0]?.key);
  expect(after[0]?.rates[0]?.key).toBe(before[0]?.rates[1]?.key);
});

test('a rule is sent as it is meant; rows without a word are not', () => {
  const [rule] = ruleOf([
    [' standard ', '17,5 %'],
    ['', ''],
    ['food', ' 7 '],
  ]);
  expect(taxOf([{ ...rule, country: ' br ', region: ' SP ', shippingClass: ' food ' }], 'pt-BR')).toEqual([
    { country: 'BR', region: 'SP', included: true, shipping_class: 'food', rates: { standard: 175_000, food: 70_000 } },
  ]);
});

test('what is wrong with a rate is told at its place, not guessed', () => {
  expect(
    wrong([
      ['standard', '17'],
      ['', ''],
      ['food', '0.0001'],
    ]),
  ).toEqual([]);
  expect(
    wrong([
      ['standard', ''],
      ['', '7'],
    ]),
  ).toEqual([
    ['0.value', 'must not be empty'],
    ['1.name', 'must not be empty'],
  ]);
  expect(
    wrong([
      ['food', '7'],
      ['food ', '8'],
      ['Food!', 'abc'],
    ]),
  ).toEqual([
    ['1.name', 'stands here twice'],
    ['2.name', "matching regex '^[a-z0-9][a-z0-9_-]*$'"],
    ['2.value', 'must be a number'],
  ]);
  expect(
    wrong(
      [
        ['a', '-1'],
        ['b', '100.1'],
        ['c', '1.00001'],
        ['d', '1.500'],
      ],
      'pt-BR',
    ),
  ).toEqual([
    ['0.value', 'must not be negative'],
    ['1.value', 'must not be more than 100 %'],
    ['2.value', 'has more than 4 decimal places'],
    ['3.value', 'must be a number'],
  ]);
});
