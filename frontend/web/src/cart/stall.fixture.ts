import type { Result } from '@/api/browser';
import { UNREACHABLE, type Failure } from '@/api/problem';

import type { Calls } from './calls';
import type { KeptCart, Shelf } from './kept';
import type { Cart, CartLine } from './state';

/** A shop for tests that sells `stock` by sku, keeps carts, and can be told to fail. */
export class Stall implements Calls {
  readonly carts = new Map<string, Map<string, number>>();
  readonly asked: string[] = [];
  failing: Failure | null = null;
  price = 500;

  constructor(readonly stock: Record<string, number>) {}

  create = () => {
    const id = `cart-${this.carts.size + 1}`;
    this.carts.set(id, new Map());
    return this.answer(`create`, id);
  };
  read = (id: string) => this.answer(`read ${id}`, id);
  add = (id: string, sku: string, quantity: number) =>
    this.answer(`add ${sku} ${quantity}`, id, (lines) => lines.set(sku, (lines.get(sku) ?? 0) + quantity));
  put = (id: string, line: string, quantity: number) =>
    this.answer(`put ${line} ${quantity}`, id, (lines) => (quantity ? lines.set(line, quantity) : lines.delete(line)));
  claim = (id: string) => this.answer(`claim ${id}`, id);
  current = () => this.answer('current', 'mine');

  private answer(asked: string, id: string, act?: (lines: Map<string, number>) => unknown): Promise<Result<Cart>> {
    this.asked.push(asked);
    if (this.failing) return Promise.resolve({ ok: false, failure: this.failing });
    const lines = this.carts.get(id);
    if (!lines) return Promise.resolve({ ok: false, failure: { ...UNREACHABLE, status: 404, code: 'unknown_cart' } });
    act?.(lines);
    return Promise.resolve({ ok: true, data: this.view(id, lines), response: new Response() });
  }

  private view(id: string, quantities: Map<string, number>): Cart {
    const money = (amount: number) => ({ amount, currency: 'BRL' });
    const lines = [...quantities].map(([sku, quantity]): CartLine => {
      const left = this.stock[sku] ?? 0;
      const total = money(this.price * quantity);
      const prices = { unit_price: money(this.price), total };
      const found = { available: left >= quantity, available_quantity: left };
      return { id: sku, sku, product_slug: sku, name: sku.toUpperCase(), image: null, quantity, ...prices, ...found };
    });
    const total = money(lines.reduce((sum, line) => sum + line.total.amount, 0));
    const nothing = money(0);
    return { id, currency: 'BRL', lines, subtotal: total, discount: nothing, shipping: nothing, tax: nothing, total };
  }
}

/** What two tabs of a browser share. */
export function sharedShelves(): [Shelf, Shelf] {
  let kept: KeptCart | null = null;
  const followers: [Set<() => void>, Set<() => void>] = [new Set(), new Set()];
  const shelf = (mine: 0 | 1): Shelf => ({
    read: () => kept,
    write: (now) => {
      kept = now;
      followers[mine === 0 ? 1 : 0].forEach((changed) => {
        changed();
      });
    },
    follow: (changed) => {
      followers[mine].add(changed);
      return () => followers[mine].delete(changed);
    },
  });
  return [shelf(0), shelf(1)];
}
