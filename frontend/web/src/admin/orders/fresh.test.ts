import { expect, test } from 'vitest';

import { heardOf, NOTHING_FRESH } from './fresh';

const placed = (id: string) => ({ id, type: 'order.placed' });

test('orders that were placed are counted once, and what happens to others is not', () => {
  const once = heardOf(NOTHING_FRESH, { orders: [placed('a'), { id: 'z', type: 'order.fulfilled' }], more: 0 });
  const twice = heardOf(once, { orders: [placed('a'), placed('b')], more: 3 });
  expect(twice).toEqual({ ids: ['a', 'b'], more: 3 });
});

test('a message without orders changes nothing', () => {
  expect(heardOf(NOTHING_FRESH, null)).toEqual(NOTHING_FRESH);
});
