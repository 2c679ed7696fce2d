import { expect, test } from 'vitest';

import { highlight } from './highlight';

const marked = (text: string, search: string) =>
  highlight(text, search)
    .map(({ text: piece, typed }) => (typed ? `[${piece}]` : piece))
    .join('');

test.each([
  ['Palmer mango', 'man', 'Palmer [man]go'],
  ['Açaí pulp', 'acai', '[Açaí] pulp'],
  ['Pão de queijo', 'QUE pa', '[Pã]o de [que]ijo'],
  ['Mango', 'xyz', 'Mango'],
  ['Mango', '', 'Mango'],
  ['Cafe\u0301 moído', 'café', '[Cafe\u0301] moído'],
])('in %s what was typed as %s is %s', (text, search, found) => {
  expect(marked(text, search)).toBe(found);
});
