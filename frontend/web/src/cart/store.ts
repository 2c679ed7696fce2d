import type { Result } from '@/api/browser';
import type { Failure } from '@/api/problem';

import type { Calls } from './calls';
import type { Shelf } from './kept';
import {
  NO_CART,
  repriced,
  unitsIn,
  withStock,
  withWanted,
  type Cart,
  type CartState,
  type Note,
  type Removed,
} from './state';

const SETTLE_MS = 350;

/**
 * The cart of this browser. What is changed is shown at once and sent a moment later, one call after the other; what the shop
 * refuses goes back to what it was, with a note. A cart that is gone, or was ordered, is replaced without a word.
 */
export class CartStore {
  private state: CartState = NO_CART;
  private agreed: Cart | null = null;
  private queue: Promise<unknown> = Promise.resolve();
  private readonly wanted = new Map<string, number>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly calls: Calls,
    private readonly shelf: Shelf,
  ) {}

  readonly get = () => this.state;

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  /** Remember the cart, and follow what other tabs do with it. Gives back what ends that. */
  begin(): () => void {
    const kept = this.shelf.read();
    this.set({ known: true, id: kept?.id ?? null, count: kept?.count ?? 0 });
    return this.shelf.follow(() => {
      this.follow();
    });
  }

  /** Look into the cart, if nobody has. */
  async load(): Promise<void> {
    if (this.state.id !== null && this.agreed === null) await this.refresh();
  }

  refresh(): Promise<void> {
    return this.inTurn(async () => {
      const { id } = this.state;
      if (id === null) return;
      const read = await this.calls.read(id);
      if (id !== this.state.id) return;
      if (read.ok) {
        const changed = this.agreed ? repriced(this.agreed, read.data) : {};
        this.agree(read.data, { notes: { ...this.state.notes, ...changed } }, false);
      } else if (isGone(read.failure)) this.forget();
      else this.set({ failure: read.failure });
    });
  }

  /** Put so many of a sku in, no more than can be had. Why it did not work, or null. */
  add(sku: string, quantity: number): Promise<Failure | null> {
    return this.inTurn(async () => {
      const put = await this.addTo(this.state.id, sku, quantity);
      if (!put.ok) return put.failure;
      const name = put.data.lines.find((line) => line.sku === sku)?.name ?? sku;
      const { cart, left } = await this.capped(put.data, sku);
      const added = { name, quantity, left, serial: (this.state.added?.serial ?? 0) + 1 };
      const notes = left === null ? this.notesWithout(sku) : this.notesWith(sku, { kind: 'capped', left });
      this.agree(cart, { added, removed: null, notes });
      return null;
    });
  }

  /** So many of a line from now on. */
  change(lineId: string, quantity: number, waitMs = SETTLE_MS): void {
    const line = this.agreed?.lines.find((one) => one.id === lineId);
    if (!line) return;
    this.wanted.set(lineId, quantity);
    this.set({ notes: this.notesWithout(line.sku), settling: true });
    clearTimeout(this.timers.get(lineId));
    const send = () => {
      this.timers.delete(lineId);
      void this.inTurn(() => this.settle(lineId));
    };
    if (waitMs > 0) this.timers.set(lineId, setTimeout(send, waitMs));
    else send();
  }

  remove(lineId: string): void {
    const line = this.state.cart?.lines.find((one) => one.id === lineId);
    if (!line) return;
    const removed: Removed = { sku: line.sku, name: line.name, quantity: line.quantity };
    this.change(lineId, 0, 0);
    this.set({ removed, added: null });
  }

  /** Put back what was taken out last. */
  async undo(): Promise<void> {
    const { removed } = this.state;
    if (!removed) return;
    this.set({ removed: null });
    const failure = await this.add(removed.sku, removed.quantity);
    this.set(failure ? { removed, failure } : { added: null });
  }

  /** Take a guest's cart along into the account that was signed in to, or find the one that the account has. */
  claim(): Promise<void> {
    return this.inTurn(async () => {
      const { id } = this.state;
      const claimed = id === null ? null : await this.calls.claim(id);
      if (claimed?.ok) this.agree(claimed.data);
      if (claimed && !(claimed.ok || isGone(claimed.failure))) return;
      if (!claimed?.ok) await this.takeCurrent();
    });
  }

  /** So many of a sku are left for anybody, as was just heard. */
  heard(sku: string, left: number): void {
    const line = this.state.cart?.lines.find((one) => one.sku === sku);
    if (!this.agreed || !line || line.available_quantity === left) return;
    this.agreed = withStock(this.agreed, sku, left);
    const notes = left < line.quantity ? this.notesWith(sku, { kind: 'taken', left }) : this.notesWithout(sku);
    this.set({ notes });
  }

  /** Done with: it was ordered, or its customer has signed out. */
  forget(): void {
    this.forgetHere();
    this.shelf.write(null);
  }

  show(open: boolean): void {
    this.set(open ? { open } : { open, added: null, removed: null });
  }

  /** Resolves when all that was sent so far has been answered. */
  answered(): Promise<unknown> {
    return this.queue;
  }

  private set(change: Partial<CartState>): void {
    const cart = this.agreed && withWanted(this.agreed, this.wanted);
    const count = cart ? unitsIn(cart) : (change.count ?? this.state.count);
    this.state = { ...this.state, ...change, cart, count };
    this.listeners.forEach((listener) => {
      listener();
    });
  }

  private agree(cart: Cart, change: Partial<CartState> = {}, isOurs = true): void {
    this.agreed = cart;
    this.set({ ...change, id: cart.id, failure: null, settling: this.wanted.size > 0 });
    const kept = this.shelf.read();
    if (isOurs || kept?.count !== unitsIn(cart)) {
      this.shelf.write({ id: cart.id, count: unitsIn(cart), at: Date.now() });
    }
  }

  private async takeCurrent(): Promise<void> {
    const current = await this.calls.current();
    if (current.ok) this.agree(current.data);
    else if (isGone(current.failure)) this.forget();
  }

  private follow(): void {
    const kept = this.shelf.read();
    const wasShown = this.agreed !== null || this.state.open;
    if (kept?.id !== this.state.id) this.forgetHere();
    this.set({ id: kept?.id ?? null, count: kept?.count ?? 0 });
    if (wasShown) void this.refresh();
  }

  private forgetHere(): void {
    this.agreed = null;
    this.wanted.clear();
    this.timers.forEach(clearTimeout);
    this.timers.clear();
    this.set({ id: null, count: 0, notes: {}, removed: null, failure: null, settling: false });
  }

  private inTurn<T>(job: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(job);
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async addTo(id: string | null, sku: string, quantity: number): Promise<Result<Cart>> {
    if (id !== null) {
      const put = await this.calls.add(id, sku, quantity);
      if (put.ok || !isGone(put.failure)) return put;
      this.forget();
    }
    const begun = await this.calls.create();
    return begun.ok ? this.calls.add(begun.data.id, sku, quantity) : begun;
  }

  /** The cart with no more of the sku than can be had, and how many that are if it was capped. */
  private async capped(cart: Cart, sku: string): Promise<{ cart: Cart; left: number | null }> {
    const line = cart.lines.find((one) => one.sku === sku);
    if (!line || line.available) return { cart, left: null };
    const put = await this.calls.put(cart.id, line.id, line.available_quantity);
    return { cart: put.ok ? put.data : cart, left: line.available_quantity };
  }

  private async settle(lineId: string): Promise<void> {
    const quantity = this.wanted.get(lineId);
    const line = this.agreed?.lines.find((one) => one.id === lineId);
    if (quantity === undefined || !line || this.state.id === null) return;
    const put = await this.calls.put(this.state.id, lineId, quantity);
    if (this.wanted.get(lineId) === quantity) this.wanted.delete(lineId);
    if (put.ok) this.agree(put.data);
    else if (isGone(put.failure)) this.forget();
    else if (put.failure.code === 'unknown_line') void this.refresh();
    else {
      const notes = this.notesWith(line.sku, { kind: 'failed', failure: put.failure });
      this.set({ settling: this.wanted.size > 0, removed: null, notes });
    }
  }

  private notesWith(sku: string, note: Note): Record<string, Note> {
    return { ...this.state.notes, [sku]: note };
  }

  private notesWithout(sku: string): Record<string, Note> {
    return Object.fromEntries(Object.entries(this.state.notes).filter(([other]) => other !== sku));
  }
}

/** Whether a cart can be used no more: unknown, somebody else's, or ordered. */
export function isGone(failure: Failure): boolean {
  return failure.code === 'unknown_cart' || failure.code === 'cart_already_ordered';
}
