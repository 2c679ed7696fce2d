import { expect, test } from 'vitest';

import catalog from '#messages/en/catalog.json';

import { emptyRow } from '../rows/rows';
import type { Product } from './calls';
import { bodyOf, changesOf, draftOf, emptyDraft, emptyVariant, wrongRows } from './draft';
import { KNOWN_NAMES } from './known-names';

const product: Product = {
  id: '1',
  slug: 'mango',
  name: 'Mango',
  description: 'Sweet',
  translations: { 'pt-BR': { name: 'Manga', description: 'Doce' }, es: { name: 'Mango', description: '' } },
  categories: ['fruit'],
  images: [],
  attributes: { organic: true, grade: 2.5, origin: 'Bahia; sul=norte' },
  variants: [
    {
      sku: 'MANGO-1KG',
      name: '1 kg',
      options: { weight: '1 kg' },
      price: { amount: 890, currency: 'BRL' },
      compare_at_price: null,
      weight_g: 1000,
      tax_class: 'food',
      archived: false,
      on_hand: 5,
      held: 0,
      available: 5,
    },
  ],
  archived: false,
  created_at: '2026-01-01T00:00:00Z',
  changed_at: '2026-01-01T00:00:00Z',
};

test('what was not touched is sent as it was, and the stock not at all', () => {
  const body = bodyOf(draftOf(product, 'en'), 'BRL', 'en', product);
  expect(body).toEqual({
    name: 'Mango',
    slug: 'mango',
    description: 'Sweet',
    translations: product.translations,
    categories: ['fruit'],
    images: [],
    attributes: product.attributes,
    variants: [
      {
        sku: 'MANGO-1KG',
        name: '1 kg',
        options: { weight: '1 kg' },
        price: { amount: 890, currency: 'BRL' },
        compare_at_price: null,
        weight_g: 1000,
        tax_class: 'food',
      },
    ],
  });
});

test('only what was changed is sent', () => {
  const draft = draftOf(product, 'en');
  const before = bodyOf(draft, 'BRL', 'en', product);
  expect(changesOf(bodyOf(draft, 'BRL', 'en', product), before)).toEqual({});
  expect(changesOf(bodyOf({ ...draft, name: 'Ripe mango' }, 'BRL', 'en', product), before)).toEqual({
    name: 'Ripe mango',
  });
});

test('a translation that is emptied goes, others stay', () => {
  const body = bodyOf({ ...draftOf(product, 'en'), translatedName: ' ' }, 'BRL', 'en', product);
  expect(body.translations).toEqual({ es: { name: 'Mango', description: '' } });
});

test('a new product begins with one variant, whose stock is sent', () => {
  const draft = emptyDraft();
  const [variant] = draft.variants;
  const body = bodyOf(
    { ...draft, variants: variant ? [{ ...variant, sku: 'A', price: '1,5', stock: '3' }] : [] },
    'BRL',
    'en',
    null,
  );
  expect(body.variants[0]).toMatchObject({ sku: 'A', price: { amount: 150, currency: 'BRL' }, stock: 3 });
});

test('attributes are sent as what they are, and only once one of them is another', () => {
  const draft = draftOf(product, 'pt-BR');
  const before = bodyOf(draft, 'BRL', 'pt-BR', product);
  const change = (value: string) => {
    const attributes = draft.attributes.map((row) => (row.name === 'grade' ? { ...row, value } : row));
    return changesOf(bodyOf({ ...draft, attributes }, 'BRL', 'pt-BR', product), before);
  };
  expect(change('2,5')).toEqual({});
  expect(change('2,75')).toEqual({ attributes: { organic: true, grade: 2.75, origin: 'Bahia; sul=norte' } });
});

test('a further variant differs in the same ways, and says how', () => {
  const draft = draftOf(product, 'en');
  const next = emptyVariant(draft.variants[0]);
  expect(next.options).toMatchObject([{ name: 'weight', value: '' }]);
  expect(wrongRows({ ...draft, variants: [...draft.variants, next] }, draft, 'en')).toEqual([
    { field: 'variants.1.options.0.value', message: 'must not be empty' },
  ]);
});

test('attributes that were not touched are not found fault with', () => {
  const draft = { ...draftOf(product, 'en'), attributes: [emptyRow('note')] };
  expect(wrongRows({ ...draft, name: 'Ripe mango' }, draft, 'en')).toEqual([]);
  expect(wrongRows({ ...draft, attributes: [...draft.attributes] }, draft, 'en')).toHaveLength(1);
});

test('what is saved keeps its place on the page', () => {
  const draft = draftOf(product, 'en');
  const again = draftOf(product, 'en', draft);
  expect(again).toEqual(draft);
});

test('the shop has words for every name that is suggested', () => {
  for (const name of KNOWN_NAMES) expect(catalog).toHaveProperty(`name_${name}`);
});
