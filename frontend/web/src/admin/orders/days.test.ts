import { expect, test } from 'vitest';

import { momentOf } from './days';

test('a day is from its midnight to the next, by the clock of whoever looks', () => {
  const begin = momentOf('2026-02-28') ?? '';
  const end = momentOf('2026-02-28', 1) ?? '';
  expect(new Date(begin).getHours()).toBe(0);
  expect(new Date(begin).getDate()).toBe(28);
  expect(new Date(end).getDate()).toBe(1);
  expect(new Date(end).getMonth()).toBe(2);
});

test('a moment stays one, and nothing nothing', () => {
  expect(momentOf('2026-02-28T10:00:00Z', 1)).toBe('2026-02-28T10:00:00Z');
  expect(momentOf(undefined)).toBeUndefined();
});
