import { afterEach, expect, test, vi } from 'vitest';

import { patience, PATIENCE_MS } from './patience';

const URL = 'http://shop.test/v1/orders';

afterEach(() => {
  vi.restoreAllMocks();
});

test('an answer is waited for so long, and no longer', () => {
  const clock = new AbortController();
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(clock.signal);
  const signal = patience(
    new Request(URL, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
  );
  expect(timeout).toHaveBeenCalledWith(PATIENCE_MS);
  expect(signal.aborted).toBe(false);
  clock.abort();
  expect(signal.aborted).toBe(true);
});

test('who asked may end it at any time', () => {
  const caller = new AbortController();
  const signal = patience(new Request(URL, { signal: caller.signal }));
  caller.abort();
  expect(signal.aborted).toBe(true);
});

test('a file may take as long as it takes', () => {
  const timeout = vi.spyOn(AbortSignal, 'timeout');
  patience(new Request(URL, { method: 'POST', body: 'slug,name', headers: { 'content-type': 'text/csv' } }));
  expect(timeout).not.toHaveBeenCalled();
});
