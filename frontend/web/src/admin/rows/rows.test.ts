import { expect, test } from 'vitest';

import { emptyRow, faultsOf, rowsOf, textsOf, turned, valuesOf, wrongWith, type Row } from './rows';

const row = (name: string, value: string, kind: Row['kind'] = 'text'): Row => ({ ...emptyRow(name), value, kind });
const faults = (...rows: Row[]) => faultsOf(rows, 'attributes', 10, 'en');

test('whatever a value is made of, it comes back as it was', () => {
  const values = {
    note: 'a=b; c',
    'a;b=c': '"x"',
    grade: 1.5,
    cold: -18,
    organic: false,
    fresh: true,
    plain: 'true',
    n: '2',
  };
  for (const locale of ['en', 'pt-BR']) expect(valuesOf(rowsOf(values, locale), locale)).toEqual(values);
});

test('a row that is kept has the key that it had', () => {
  const [first, second] = [row('origin', 'Bahia'), row('size', 'L')];
  const keys = rowsOf({ size: 'L', brand: 'Sol', origin: 'Bahia' }, 'en', [first, second]).map(({ key }) => key);
  expect(keys).toEqual([second.key, expect.any(Number), first.key]);
  expect(new Set(keys).size).toBe(3);
});

test('blanks at the ends are nothing, and rows without name and value neither', () => {
  expect(textsOf([row(' size ', ' L '), row(' ', ''), row('', '')])).toEqual({ size: 'L' });
});

test('another kind begins anew where what was there says nothing in it', () => {
  expect(turned(row('organic', 'yes'), 'yes_no')).toMatchObject({ kind: 'yes_no', value: 'true' });
  expect(turned(row('organic', 'false', 'yes_no'), 'text')).toMatchObject({ kind: 'text', value: '' });
  expect(turned(row('grade', '2'), 'number')).toMatchObject({ kind: 'number', value: '2' });
});

test('what is wrong with a row is known before it is sent', () => {
  expect(faults(row('a', 'x'), row('', ''), row('b', '1,5', 'number'), row('c', 'false', 'yes_no'))).toEqual([]);
  expect(faults(row('', 'L'), row('size', ' '), row('', 'true', 'yes_no'))).toEqual([
    { field: 'attributes.0.name', message: 'must not be empty' },
    { field: 'attributes.1.value', message: 'must not be empty' },
    { field: 'attributes.2.name', message: 'must not be empty' },
  ]);
  expect(faults(row('size', 'L'), row('size ', 'M'), row('grade', 'two', 'number'))).toEqual([
    { field: 'attributes.1.name', message: 'stands here twice' },
    { field: 'attributes.2.value', message: 'must be a number' },
  ]);
  expect(faults(row('a'.repeat(101), '🥭'.repeat(10)), row('b', 'x'.repeat(11)))).toEqual([
    { field: 'attributes.0.name', message: 'Expected `str` of length <= 100' },
    { field: 'attributes.1.value', message: 'Expected `str` of length <= 10' },
  ]);
});

test('an error stays with its row, wherever that goes', () => {
  const sent = [row('a', '1'), row('b', '2'), row('c', '3')];
  const errors: Record<string, string> = { '1.name': 'twice', c: 'too large' };
  const wrong = sent.slice(1).map((one) => wrongWith(one, sent, (place) => errors[place]));
  expect(wrong).toEqual([
    { name: 'twice', value: undefined },
    { name: undefined, value: 'too large' },
  ]);
  expect(wrongWith(row('c', '3'), sent, (place) => errors[place])).toEqual({ name: undefined, value: undefined });
});
