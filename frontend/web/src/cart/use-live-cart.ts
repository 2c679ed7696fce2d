'use client';

import { useLive } from '@/live/use-live';

import { cart } from './cart';
import type { CartState } from './state';

const WATCHED_MAX = 30;

/** Follows the stock and the prices of what is in the cart, as long as `wanted`. */
export function useLiveCart(state: CartState, wanted = true): void {
  const slugs = new Set(state.cart?.lines.map((line) => line.product_slug).filter((slug) => slug !== null));
  const topics = wanted ? [...slugs].slice(0, WATCHED_MAX).map((slug) => `products/${slug}`) : [];
  useLive(topics, ({ type, data }) => {
    if (type === 'stock.changed' && isStock(data)) cart.heard(data.sku, data.quantity);
    else if (type !== 'stock.changed') void cart.refresh();
  });
}

function isStock(data: unknown): data is { sku: string; quantity: number } {
  return typeof data === 'object' && data !== null && 'sku' in data && 'quantity' in data;
}
