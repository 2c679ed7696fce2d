import { expect, test } from 'vitest';

import { firstWrong } from './use-submit';

function form(html: string): HTMLFormElement {
  const made = document.createElement('form');
  made.innerHTML = html;
  return made;
}

test('the first marked field of the page is meant, whatever it is called', () => {
  const marked = form(
    '<input name="b"><textarea id="first" aria-invalid="true"></textarea><input name="a" aria-invalid="true">',
  );
  expect(firstWrong(marked, ['a'])?.id).toBe('first');
});

test('where none is marked, the one that was blamed', () => {
  expect(firstWrong(form('<input name="a"><input name="b" id="blamed">'), ['c', 'b'])?.id).toBe('blamed');
  expect(firstWrong(form('<input name="a">'), ['c'])).toBeNull();
});
