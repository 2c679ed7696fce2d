import { expect, test } from 'vitest';

import type { Category } from './calls';
import { bodyOf, draftOf, placesFor, slugOf } from './draft';

const at = (path: string): Category => ({
  id: path,
  slug: path.split('/').at(-1) ?? '',
  path,
  name: path,
  translations: { 'pt-BR': { name: 'Frutas' }, es: { name: 'Frutas' } },
});

test('what was not touched is sent as it was', () => {
  const category = at('food/fruit');
  expect(bodyOf(draftOf(category), category)).toEqual({
    name: 'food/fruit',
    slug: 'fruit',
    parent: 'food',
    translations: { 'pt-BR': { name: 'Frutas' }, es: { name: 'Frutas' } },
  });
});

test('a translation that is emptied goes, others stay', () => {
  const category = at('fruit');
  expect(bodyOf({ ...draftOf(category), translatedName: '' }, category).translations).toEqual({
    es: { name: 'Frutas' },
  });
});

test('an address is made of a name', () => {
  expect(slugOf(' Pães & bolos ')).toBe('paes-bolos');
});

test('a category lies in neither itself nor what is in it', () => {
  const all = [at('food'), at('food/fruit'), at('foodstuff')];
  expect(placesFor(all[0] ?? null, all).map(({ path }) => path)).toEqual(['foodstuff']);
});
