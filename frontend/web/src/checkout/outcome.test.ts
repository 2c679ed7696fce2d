import { expect, test, vi } from 'vitest';

import { failureOf, UNREACHABLE } from '@/api/problem';

import { endAttempt, keptAttempt, newAttempt, type OrderBody } from './attempt';
import { isOpen, outcomeOf } from './outcome';

function refused(status: number, code: string, more: object = {}, headers: Record<string, string> = {}) {
  const response = new Response(null, { status, headers });
  return {
    ok: false,
    failure: failureOf(response, { type: 'about:blank', title: '', status, code, ...more }),
  } as const;
}

test.each([
  [refused(402, 'payment_declined'), { kind: 'declined', code: 'declined' }],
  [
    refused(409, 'out_of_stock', { skus: [{ sku: 'acai', available: 1 }, 'nonsense'] }),
    { kind: 'short', skus: [{ sku: 'acai', available: 1 }] },
  ],
  [
    refused(409, 'price_changed', { total: { amount: 5, currency: 'BRL' } }),
    { kind: 'dearer', total: { amount: 5, currency: 'BRL' } },
  ],
  [refused(409, 'cart_already_ordered'), { kind: 'ordered' }],
  [refused(409, 'hold_lapsed'), { kind: 'changed' }],
  [refused(404, 'unknown_sku'), { kind: 'changed' }],
  [refused(401, 'unauthenticated'), { kind: 'signed_out' }],
  [
    refused(422, 'invalid', { errors: [{ field: 'shipping_address.city', message: 'must not be empty' }] }),
    { kind: 'invalid', fields: { 'shipping_address.city': 'must not be empty' } },
  ],
])('an answer that ends a try', (answer, outcome) => {
  expect(outcomeOf(answer)).toEqual(outcome);
  expect(isOpen(outcomeOf(answer))).toBe(false);
});

test.each([
  [refused(429, 'rate_limited', {}, { 'retry-after': '7' }), 7],
  [refused(503, 'overloaded'), 5],
  [refused(409, 'in_progress'), 1],
  [{ ok: false, failure: UNREACHABLE } as const, 5],
])('an answer after which the same try is sent again', (answer, seconds) => {
  expect(outcomeOf(answer)).toMatchObject({ kind: 'again', afterSeconds: seconds });
});

test('of a gateway that fails nobody knows the end', () => {
  expect(isOpen(outcomeOf(refused(502, 'gateway_error')))).toBe(true);
});

test('a try is kept with its key until its end is known', () => {
  const body = { email: 'ana@example.com' } as OrderBody;
  const attempt = newAttempt(body);
  expect(keptAttempt()).toEqual(attempt);
  expect(newAttempt(body).key).not.toBe(attempt.key);
  vi.useFakeTimers({ now: Date.now() + 3_000_000 });
  expect(keptAttempt()).toMatchObject({ body });
  vi.setSystemTime(Date.now() + 3_600_000);
  expect(keptAttempt()).toBeNull();
  vi.useRealTimers();
  expect(keptAttempt()).toMatchObject({ body });
  endAttempt();
  expect(keptAttempt()).toBeNull();
  sessionStorage.setItem('feira.attempt', '{"key":');
  expect(keptAttempt()).toBeNull();
});
