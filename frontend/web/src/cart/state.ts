import type { Failure } from '@/api/problem';
import type { components } from '@/api/schema';

export type Cart = components['schemas']['CartView'];
export type CartLine = Cart['lines'][number];

/** Why a line is not as the buyer knew it; `left` is how many can be had, `before` what one of it cost. */
export type Note =
  | { kind: 'failed'; failure: Failure }
  | { kind: 'capped' | 'taken'; left: number }
  | { kind: 'repriced'; before: Cart['total'] };

/** What was just put in, for those who announce it; `serial` tells two of the same apart. */
export type Added = { name: string; quantity: number; left: number | null; serial: number };

export type Removed = { sku: string; name: string; quantity: number };

/**
 * All that components know of the cart. `cart` is what is shown: with the quantities that were asked for, before the shop has
 * answered. It is null until somebody looks into it; `count` (units) is known before. Nothing is `known` of it where pages
 * are made for everybody.
 */
export type CartState = {
  known: boolean;
  id: string | null;
  count: number;
  cart: Cart | null;
  settling: boolean;
  failure: Failure | null;
  notes: Readonly<Record<string, Note>>;
  removed: Removed | null;
  added: Added | null;
  open: boolean;
};

export const NO_CART: CartState = {
  known: false,
  id: null,
  count: 0,
  cart: null,
  settling: false,
  failure: null,
  notes: {},
  removed: null,
  added: null,
  open: false,
};

/** The cart as it will be once these quantities, by line id, have been agreed to; 0 takes a line out. */
export function withWanted(cart: Cart, wanted: ReadonlyMap<string, number>): Cart {
  if (wanted.size === 0) return cart;
  const lines = cart.lines
    .map((line) => {
      const quantity = wanted.get(line.id) ?? line.quantity;
      return quantity === line.quantity ? line : withQuantity(line, quantity);
    })
    .filter((line) => line.quantity > 0);
  return withLines(cart, lines);
}

/** The cart once this many of a sku are left for others to buy: what is announced live. */
export function withStock(cart: Cart, sku: string, left: number): Cart {
  const lines = cart.lines.map((line) =>
    line.sku === sku ? { ...line, available_quantity: left, available: left >= line.quantity } : line,
  );
  return { ...cart, lines };
}

/** What the lines cost before that cost something else now, as notes by sku. */
export function repriced(before: Cart, now: Cart): Record<string, Note> {
  const prices = new Map(before.lines.map((line) => [line.sku, line.unit_price]));
  const notes: Record<string, Note> = {};
  for (const { sku, unit_price, product_slug } of now.lines) {
    const known = prices.get(sku);
    if (known && product_slug !== null && known.amount !== unit_price.amount) {
      notes[sku] = { kind: 'repriced', before: known };
    }
  }
  return notes;
}

export function unitsIn(cart: Cart): number {
  return cart.lines.reduce((units, line) => units + line.quantity, 0);
}

/** The lines that cannot be bought as they are. */
export function shortLines(cart: Cart): CartLine[] {
  return cart.lines.filter((line) => !line.available);
}

function withQuantity(line: CartLine, quantity: number): CartLine {
  return {
    ...line,
    quantity,
    total: { ...line.total, amount: line.unit_price.amount * quantity },
    available: line.available_quantity >= quantity,
  };
}

function withLines(cart: Cart, lines: CartLine[]): Cart {
  const amount = lines.reduce((sum, line) => sum + line.total.amount, 0);
  const sum = { amount, currency: cart.currency };
  return { ...cart, lines, subtotal: sum, total: sum };
}
