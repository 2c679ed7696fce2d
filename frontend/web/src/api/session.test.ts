import { afterEach, expect, test, vi } from 'vitest';

import { newKey } from './idempotency-key';
import { keep, readKept } from './kept';
import { isSignedIn, noteSession, renew } from './session';

afterEach(() => {
  vi.unstubAllGlobals();
  noteSession(false);
});

test('what asks at the same time is renewed once, also where a browser has no locks', async () => {
  const fetched = vi.fn(() => Promise.resolve(new Response(null, { status: 204 })));
  vi.stubGlobal('fetch', fetched);
  vi.stubGlobal('navigator', {});
  noteSession(true);
  const asked = Date.now() + 1;
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await Promise.all([renew(asked), renew(asked), renew(asked)])).toEqual([true, true, true]);
  expect(fetched).toHaveBeenCalledOnce();
});

test('a session that is over is noted, and nobody asks for a guest', async () => {
  const fetched = vi.fn(() => Promise.resolve(new Response(null, { status: 401 })));
  vi.stubGlobal('fetch', fetched);
  vi.stubGlobal('navigator', {});
  noteSession(true);
  expect(await renew(Date.now() + 1_000)).toBe(false);
  expect(isSignedIn()).toBe(false);
  expect(await renew(Date.now())).toBe(false);
  expect(fetched).toHaveBeenCalledOnce();
});

test('a browser that keeps nothing remembers for as long as the page', () => {
  vi.stubGlobal('localStorage', {
    getItem: () => {
      throw new Error('forbidden');
    },
    setItem: () => {
      throw new Error('forbidden');
    },
    removeItem: () => {
      throw new Error('forbidden');
    },
  });
  keep('a', 'b');
  expect(readKept('a')).toBe('b');
  keep('a', null);
  expect(readKept('a')).toBeNull();
});

test('a browser that is full gives what was kept last, and nothing that is out of date', () => {
  const kept = new Map([['a', 'before']]);
  let full = true;
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => {
      if (full) throw new DOMException('full', 'QuotaExceededError');
      kept.set(key, text);
    },
    removeItem: (key: string) => kept.delete(key),
  });
  keep('a', 'after');
  expect([readKept('a'), kept.get('a')]).toEqual(['after', undefined]);
  full = false;
  keep('a', 'at last');
  expect([readKept('a'), kept.get('a')]).toEqual(['at last', 'at last']);
  keep('a', null);
  expect([readKept('a'), kept.size]).toEqual([null, 0]);
});

test('keys are long, and each another one', () => {
  const keys = new Set(Array.from({ length: 100 }, newKey));
  expect(keys.size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
});
