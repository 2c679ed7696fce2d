import { expect, test } from 'vitest';

import { translate } from '@/i18n/translate';
import en from '#messages/en/admin.json';
import pt from '#messages/pt-BR/admin.json';

import { FACTS_MAX, factsOf, TEXT_MAX, type Speech } from './facts';

const english: Speech = { t: translate('en', en), locale: 'en', currency: 'BRL' };
const portuguese: Speech = { t: translate('pt-BR', pt), locale: 'pt-BR', currency: 'BRL' };

/** As lines, with plain blanks where money has others. */
function said(detail: unknown, speech = english): string[] {
  return factsOf(detail, speech).map(({ name, text }) => `${name}: ${text}`.replace(/\s/g, ' '));
}

test('a change is said from what to what', () => {
  expect(said({ from: 'customer', to: 'staff' })).toEqual([': Customer → Staff']);
  expect(said({ price: { from: { amount: 890, currency: 'BRL' }, to: null } })).toEqual(['Price: R$8.90 → –']);
});

test('what was done to a product', () => {
  const detail = {
    name: 'Mango',
    description: '…',
    categories: ['fruit', 'fruit/tropical'],
    attributes: { organic: true, amount: 1.5, 'a.b': 'x' },
    images: [
      { url: '/media/m1.webp', alt: 'A mango', width: 10, height: 10, sources: [] },
      { url: '/media/m2.webp', alt: '', width: null, height: null, sources: [] },
    ],
    variants: [
      {
        sku: 'M-1',
        price: { amount: 890, currency: 'BRL' },
        compare_at_price: null,
        options: { size: 'L' },
        stock: 1200,
      },
      { sku: 'M-2', price: { amount: 1, currency: 'BRL' } },
    ],
  };
  expect(said(detail)).toEqual([
    'Name: Mango',
    'Description: new text',
    'Categories: fruit, fruit/tropical',
    'Attributes: organic: Yes · amount: 1.5 · a.b: x',
    'Pictures: A mango; m2.webp',
    'Variants: M-1 · Price: R$8.90 · Options: size: L · Stock: 1,200; M-2 · Price: R$0.01',
  ]);
});

test('what was done to a variant, to stock, and by an import', () => {
  expect(said({ compare_at_price: null, weight_g: 1500, tax_class: 'food' }, portuguese)).toEqual([
    'Preço anterior: –',
    'Peso em gramas: 1.500',
    'Classe de imposto: food',
  ]);
  expect(said({ delta: 10, reason: 'Came in' })).toEqual(['Quantity: +10', 'Reason: Came in']);
  expect(said({ created: 1, updated: 0, unchanged: 2000, failed: 3 })).toEqual([
    'New: 1',
    'Changed: 0',
    'Unchanged: 2,000',
    'Wrong: 3',
  ]);
});

test('what was done to an order: sums are in the currency of the shop', () => {
  expect(said({ amount: 12_345, reason: 'Ripe' }, portuguese)).toEqual(['Valor: R$ 123,45', 'Motivo: Ripe']);
  expect(said({ refund: 500 }, { ...english, currency: null })).toEqual(['Given back: …']);
  expect(said({ lines: { 'M-1': 2, 'M-2': 1 }, tracking: null })).toEqual([
    'Goods: 2 × M-1, 1 × M-2',
    'Tracking number: –',
  ]);
});

test('what was done to settings, categories, pictures and events', () => {
  expect(said({ changed: ['shop_name', 'tax'] })).toEqual(['Changed: Name of the shop, Tax']);
  expect(said({ path: 'fruit', name: 'Fruit' })).toEqual(['Address: fruit', 'Name: Fruit']);
  expect(said({ width: 640, height: 480, bytes: 12_345 })).toEqual(['Width: 640', 'Height: 480', 'File size: 12.3 kB']);
  expect(said({ topic: 'a.b.v1', key: 'k', handler: 'h', reason: 'r' })).toEqual([
    'Event: a.b.v1',
    'Key: k',
    'Handled by: h',
    'Reason: r',
  ]);
});

test('anything else can be read too', () => {
  expect(said(null)).toEqual([]);
  expect(said({})).toEqual([]);
  expect(said('not JSON')).toEqual([': not JSON']);
  expect(said([1, 'two', false])).toEqual([': 1, two, No']);
  expect(said({ some_thing: { a: { b: { c: { d: 1 } } } } })).toEqual(['some thing: a: b: c: {"d":1}']);
});

test('nothing is endless', () => {
  const many = Object.fromEntries(Array.from({ length: FACTS_MAX + 1 }, (_, n) => [`a${n}`, 'x'.repeat(TEXT_MAX * 2)]));
  const facts = factsOf(many, english);
  expect(facts).toHaveLength(FACTS_MAX + 1);
  expect(facts[0]?.text).toHaveLength(TEXT_MAX + 1);
  expect(facts.at(-1)).toEqual({ name: '', text: '…' });
});
