import { expect, test } from 'vitest';

import { leadsAway } from './unsaved';

function clicked(html: string, how: Partial<MouseEvent> = {}): boolean {
  const page = document.createElement('div');
  page.innerHTML = html;
  return leadsAway({ target: page.querySelector('b'), button: 0, ...how } as unknown as MouseEvent);
}

test('only a link that is followed here and now leads away', () => {
  expect(clicked('<a href="/admin"><b>x</b></a>')).toBe(true);
  expect(clicked('<a href="#content"><b>x</b></a>')).toBe(false);
  expect(clicked('<a href="/admin" target="_blank"><b>x</b></a>')).toBe(false);
  expect(clicked('<a href="/export" download><b>x</b></a>')).toBe(false);
  expect(clicked('<a href="/admin"><b>x</b></a>', { ctrlKey: true })).toBe(false);
  expect(clicked('<b>x</b>')).toBe(false);
});
