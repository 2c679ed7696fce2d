import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { LiveClient, type LiveMessage, type Socket } from './client';

class Line implements Socket {
  readyState: Socket['readyState'] = 0;
  readonly said: unknown[] = [];
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;

  send(text: string) {
    this.said.push(JSON.parse(text));
  }
  close() {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.(new Event('close') as CloseEvent);
  }
  open() {
    this.readyState = 1;
    this.onopen?.(new Event('open'));
  }
  push(message: object) {
    this.onmessage?.(new MessageEvent('message', { data: JSON.stringify(message) }));
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function exchange(signedIn = false) {
  const lines: Line[] = [];
  const renew = vi.fn(() => Promise.resolve(signedIn));
  const client = new LiveClient({
    connect: () => {
      const line = new Line();
      lines.push(line);
      return line;
    },
    random: () => 1,
    renew,
  });
  const heard: LiveMessage[] = [];
  const listen = (message: LiveMessage) => heard.push(message);
  const last = () => lines.at(-1) ?? new Line();
  return { client, lines, heard, listen, last, renew };
}

const said = (topic: string, id: string) => ({ topic, type: 'stock.changed', data: {}, at: 'now', id });

test('all components share a connection, and a topic that nobody hears is left', async () => {
  const { client, lines, heard, listen, last } = exchange();
  const leaves = [client.watch('products/a', listen), client.watch('products/a', listen), client.watch('b', listen)];
  last().open();
  expect(lines).toHaveLength(1);
  expect(last().said).toEqual([{ subscribe: ['products/a', 'b'] }]);
  last().push(said('products/a', '7'));
  last().push(said('unheard', '8'));
  expect(heard).toHaveLength(1);
  leaves[0]?.();
  leaves[1]?.();
  leaves[1]?.();
  expect(last().said.slice(1)).toEqual([{ unsubscribe: ['products/a'] }]);
  leaves[2]?.();
  await vi.runAllTimersAsync();
  expect(last().readyState).toBe(3);
  expect(lines).toHaveLength(1);
});

test('a connection that breaks is made again, later each time, and each topic goes on where it was', async () => {
  const { client, lines, listen, last } = exchange();
  client.watch('a', listen);
  client.watch('b', listen, 'token');
  last().open();
  expect(last().said).toEqual([{ subscribe: ['a'] }, { subscribe: ['b'], token: 'token' }]);
  last().push({ subscribed: ['a'], refused: [], id: '5' });
  last().push(said('b', '9'));
  last().close();
  await vi.advanceTimersByTimeAsync(999);
  expect(lines).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(lines).toHaveLength(2);
  last().close();
  await vi.advanceTimersByTimeAsync(7_999);
  expect(lines).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  last().open();
  expect(last().said).toEqual([
    { subscribe: ['a'], since: '5' },
    { subscribe: ['b'], token: 'token', since: '9' },
  ]);
});

test('listeners are told to read again what they may have missed', () => {
  const { client, heard, listen, last } = exchange();
  client.watch('a', listen);
  client.watch('b', listen);
  last().open();
  last().push({ subscribed: ['a'], refused: ['b'], id: '5', resync: true });
  expect(heard.map(({ topic, type }) => [topic, type])).toEqual([['a', 'resync']]);
  last().push({ id: '6', resync: true });
  expect(heard.map(({ topic }) => topic)).toEqual(['a', 'a', 'b']);
});

test('a hidden tab is silent until it is seen again', async () => {
  const { client, lines, listen, last } = exchange();
  client.watch('a', listen);
  last().open();
  client.pause();
  client.watch('b', listen);
  await vi.runAllTimersAsync();
  expect(lines).toHaveLength(1);
  client.resume();
  expect(lines).toHaveLength(2);
  last().open();
  expect(last().said).toEqual([{ subscribe: ['a', 'b'] }]);
});

test('what ends with a session is asked for once more with new cookies', async () => {
  const { client, lines, listen, last, renew } = exchange(true);
  client.watch('me', listen);
  last().open();
  last().push({ ended: ['me'], reason: 'expired' });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(lines).toHaveLength(2);
  last().open();
  last().push({ subscribed: [], refused: ['me'], id: '1' });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(renew).toHaveBeenCalledTimes(1);
});

test('what cannot be read is passed over', () => {
  const { client, heard, listen, last } = exchange();
  client.watch('a', listen);
  last().open();
  last().onmessage?.(new MessageEvent('message', { data: '{' }));
  last().push([1]);
  last().push({ subscribed: 'x' });
  expect(heard).toEqual([]);
});
