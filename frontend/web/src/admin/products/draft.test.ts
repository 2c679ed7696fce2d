import { expect, test } from 'vitest';

import type { Product } from './calls';
import { bodyOf, changesOf, draftOf, emptyDraft, readPairs } from './draft';

const product: Product = {
  id: '1',
  slug: 'mango',
  name: 'Mango',
  description: 'Sweet',
  translations: { 'pt-BR': { name: 'Manga', description: 'Doce' }, es: { name: 'Mango', description: '' } },
  categories: ['fruit'],
  images: [],
  attributes: { organic: true, grade: 2, origin: 'Bahia' },
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
  const body = bodyOf(draftOf(product, 'en'), 'BRL', product);
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
  const before = bodyOf(draft, 'BRL', product);
  expect(changesOf(bodyOf(draft, 'BRL', product), before)).toEqual({});
  expect(changesOf(bodyOf({ ...draft, name: 'Ripe mango' }, 'BRL', product), before)).toEqual({ name: 'Ripe mango' });
});

test('a translation that is emptied goes, others stay', () => {
  const body = bodyOf({ ...draftOf(product, 'en'), translatedName: ' ' }, 'BRL', product);
  expect(body.translations).toEqual({ es: { name: 'Mango', description: '' } });
});

test('a new product begins with one variant, whose stock is sent', () => {
  const draft = emptyDraft();
  const [variant] = draft.variants;
  const body = bodyOf(
    { ...draft, variants: variant ? [{ ...variant, sku: 'A', price: '1,5', stock: '3' }] : [] },
    'BRL',
    null,
  );
  expect(body.variants[0]).toMatchObject({ sku: 'A', price: { amount: 150, currency: 'BRL' }, stock: 3 });
});

test('pairs are read leniently', () => {
  expect(readPairs(' size = L ; colour=red\nnote=a=b;;x')).toEqual({ size: 'L', colour: 'red', note: 'a=b' });
});
