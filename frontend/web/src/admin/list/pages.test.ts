import { expect, test } from 'vitest';

import { joined, putInto } from './pages';

const keyOf = ({ id }: { id: string }) => id;

test('what moved down meanwhile is not shown twice', () => {
  const shown = [{ id: 'b' }, { id: 'a' }];
  expect(joined(shown, [{ id: 'a' }, { id: 'z' }], keyOf).map(keyOf)).toEqual(['b', 'a', 'z']);
});

test('a changed item stays in its place', () => {
  const items = [
    { id: 'a', n: 1 },
    { id: 'b', n: 2 },
  ];
  expect(putInto(items, { id: 'a', n: 3 }, keyOf)).toEqual([
    { id: 'a', n: 3 },
    { id: 'b', n: 2 },
  ]);
});
