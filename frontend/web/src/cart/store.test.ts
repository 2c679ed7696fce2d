import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { UNREACHABLE } from '@/api/problem';

import { sharedShelves, Stall } from './stall.fixture';
import { CartStore } from './store';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function shop(stock: Record<string, number>) {
  const stall = new Stall(stock);
  const [shelf, other] = sharedShelves();
  const cart = new CartStore(stall, shelf);
  cart.begin();
  return { stall, cart, shelf, other };
}

const quantities = (cart: CartStore) => cart.get().cart?.lines.map((line) => [line.sku, line.quantity]);

test('a cart is begun by the first thing put into it, and remembered', async () => {
  const { stall, cart, shelf } = shop({ acai: 9 });
  expect(cart.get().id).toBeNull();
  expect(await cart.add('acai', 2)).toBeNull();
  expect(stall.asked).toEqual(['create', 'add acai 2']);
  expect(shelf.read()).toMatchObject({ id: 'cart-1', count: 2 });
  expect(cart.get().added).toMatchObject({ name: 'ACAI', quantity: 2, left: null });
});

test('no more is put in than can be had, and that is said', async () => {
  const { cart } = shop({ acai: 3 });
  await cart.add('acai', 2);
  await cart.add('acai', 2);
  expect(quantities(cart)).toEqual([['acai', 3]]);
  expect(cart.get().added?.left).toBe(3);
  expect(cart.get().notes['acai']).toEqual({ kind: 'capped', left: 3 });
});

test('quantities are shown at once, with their sums, and sent when the buyer has settled', async () => {
  const { stall, cart } = shop({ acai: 9 });
  await cart.add('acai', 1);
  cart.change('acai', 2);
  cart.change('acai', 4);
  expect(quantities(cart)).toEqual([['acai', 4]]);
  expect(cart.get().cart?.subtotal.amount).toBe(2000);
  expect(stall.asked).toHaveLength(2);
  await vi.runAllTimersAsync();
  expect(stall.asked.slice(2)).toEqual(['put acai 4']);
  expect(cart.get().settling).toBe(false);
});

test('what the shop refuses goes back, with a note', async () => {
  const { stall, cart } = shop({ acai: 9 });
  await cart.add('acai', 1);
  stall.failing = UNREACHABLE;
  cart.change('acai', 5);
  await vi.runAllTimersAsync();
  expect(quantities(cart)).toEqual([['acai', 1]]);
  expect(cart.get().notes['acai']).toEqual({ kind: 'failed', failure: UNREACHABLE });
});

test('what was taken out can be put back', async () => {
  const { cart } = shop({ acai: 9, mango: 9 });
  await cart.add('acai', 2);
  await cart.add('mango', 1);
  cart.remove('acai');
  expect(quantities(cart)).toEqual([['mango', 1]]);
  await cart.answered();
  expect(cart.get().removed).toMatchObject({ sku: 'acai', quantity: 2 });
  await cart.undo();
  expect(quantities(cart)).toEqual([
    ['mango', 1],
    ['acai', 2],
  ]);
  expect(cart.get().added).toBeNull();
});

test('a cart that is gone is replaced without a word', async () => {
  const { stall, cart } = shop({ acai: 9 });
  await cart.add('acai', 1);
  stall.carts.delete('cart-1');
  stall.carts.set('another', new Map());
  await cart.add('acai', 2);
  expect(cart.get().id).toBe('cart-2');
  expect(quantities(cart)).toEqual([['acai', 2]]);
  stall.carts.delete('cart-2');
  await cart.refresh();
  expect(cart.get()).toMatchObject({ id: null, count: 0, cart: null, failure: null });
});

test('tabs follow each other', async () => {
  const { stall, cart, other } = shop({ acai: 9 });
  const second = new CartStore(stall, other);
  second.begin();
  await cart.add('acai', 2);
  expect(second.get()).toMatchObject({ id: 'cart-1', count: 2 });
  await second.load();
  cart.change('acai', 5, 0);
  await cart.answered();
  await second.answered();
  expect(quantities(second)).toEqual([['acai', 5]]);
  cart.forget();
  expect(second.get()).toMatchObject({ id: null, count: 0 });
});

test('who signs in takes the cart along, or finds the own', async () => {
  const { stall, cart } = shop({ acai: 9 });
  await cart.claim();
  expect(cart.get().id).toBeNull();
  stall.carts.set('mine', new Map([['acai', 3]]));
  await cart.claim();
  expect(cart.get()).toMatchObject({ id: 'mine', count: 3 });
  stall.carts.delete('mine');
  await cart.claim();
  expect(cart.get().id).toBeNull();
  await cart.add('acai', 1);
  await cart.claim();
  expect(stall.asked.at(-1)).toMatch(/^claim cart-/);
  expect(cart.get().count).toBe(1);
});

test('what others buy is heard', async () => {
  const { cart } = shop({ acai: 9 });
  await cart.add('acai', 4);
  cart.heard('acai', 5);
  expect(cart.get().notes).toEqual({});
  cart.heard('acai', 1);
  expect(cart.get().cart?.lines[0]).toMatchObject({ available: false, available_quantity: 1 });
  expect(cart.get().notes['acai']).toEqual({ kind: 'taken', left: 1 });
  cart.heard('acai', 7);
  expect(cart.get().cart?.lines[0]?.available).toBe(true);
});

test('a price that has changed is told, with what it was', async () => {
  const { stall, cart } = shop({ acai: 9 });
  await cart.add('acai', 2);
  stall.price = 600;
  await cart.refresh();
  expect(cart.get().notes['acai']).toEqual({ kind: 'repriced', before: { amount: 500, currency: 'BRL' } });
  expect(cart.get().cart?.total.amount).toBe(1200);
});

test('a failure to look is told, and looking again mends it', async () => {
  const { stall, cart, other } = shop({ acai: 9 });
  await cart.add('acai', 4);
  const second = new CartStore(stall, other);
  second.begin();
  stall.failing = UNREACHABLE;
  await second.load();
  expect(second.get().failure).toEqual(UNREACHABLE);
  stall.failing = null;
  await second.refresh();
  expect(second.get()).toMatchObject({ failure: null, count: 4 });
});
