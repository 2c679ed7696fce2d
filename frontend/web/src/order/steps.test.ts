import { expect, test } from 'vitest';

import { isCancellable, moodOf, stepsOf, type Happened, type Order } from './steps';

const order = (change: Partial<Order>) =>
  ({
    status: 'confirmed',
    payment_status: 'captured',
    fulfilment_status: 'unfulfilled',
    placed_at: 'then',
    ...change,
  }) as Order;
const happened = (...types: Happened['type'][]) =>
  types.map((type): Happened => ({ at: type, type, data: {} as never }));
const named = (...asked: Parameters<typeof stepsOf>) => stepsOf(...asked).map(({ name, state }) => `${name} ${state}`);

test('an order on its way shows what was and what comes', () => {
  expect(named(order({}), happened('placed', 'payment_authorized', 'payment_captured'))).toEqual([
    'placed done',
    'paid done',
    'to_send now',
  ]);
  expect(named(order({ payment_status: 'authorized' }), [])).toEqual(['placed done', 'paid now', 'to_send later']);
  expect(named(order({ status: 'pending' }), happened('placed'))).toEqual([
    'placed done',
    'pending now',
    'confirmed later',
    'to_send later',
  ]);
});

test('parcels come one by one', () => {
  const some = order({ fulfilment_status: 'partial' });
  expect(named(some, happened('placed', 'payment_captured', 'fulfilled'))).toEqual([
    'placed done',
    'paid done',
    'partly_sent done',
    'to_send now',
  ]);
  const all = order({ fulfilment_status: 'fulfilled', status: 'completed' });
  expect(named(all, happened('placed', 'payment_captured', 'fulfilled'))).toEqual([
    'placed done',
    'paid done',
    'sent done',
  ]);
});

test('nothing comes after the end', () => {
  const fallen = order({ status: 'cancelled', payment_status: 'voided' });
  expect(named(fallen, happened('placed', 'cancelled', 'payment_voided'))).toEqual([
    'placed done',
    'cancelled done',
    'voided done',
  ]);
  expect(isCancellable(fallen)).toBe(false);
  expect(isCancellable(order({}))).toBe(true);
});

test.each([
  [{}, true, 'thanks'],
  [{}, false, 'plain'],
  [{ status: 'pending' }, true, 'pending'],
  [{ status: 'cancelled', payment_status: 'failed' }, true, 'failed'],
  [{ status: 'cancelled', payment_status: 'voided' }, false, 'cancelled'],
  [{ payment_status: 'refunded', fulfilment_status: 'fulfilled' }, false, 'refunded'],
  [{ fulfilment_status: 'fulfilled' }, true, 'sent'],
] as const)('what is said first of %o', (change, isNew, mood) => {
  expect(moodOf(order(change), isNew)).toBe(mood);
});
