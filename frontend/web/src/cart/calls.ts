import { api, outcome, type Result } from '@/api/browser';

import type { Cart } from './state';

/** What a cart asks of the shop. */
export type Calls = {
  create: () => Promise<Result<Cart>>;
  read: (id: string) => Promise<Result<Cart>>;
  add: (id: string, sku: string, quantity: number) => Promise<Result<Cart>>;
  put: (id: string, line: string, quantity: number) => Promise<Result<Cart>>;
  claim: (id: string) => Promise<Result<Cart>>;
  /** The cart that the customer has in hand, on whichever device it was begun. */
  current: () => Promise<Result<Cart>>;
};

export const shopCalls: Calls = {
  create: () => outcome(api.POST('/v1/carts', { body: {} })),
  read: (cart_id) => outcome(api.GET('/v1/carts/{cart_id}', { params: { path: { cart_id } } })),
  add: (cart_id, sku, quantity) =>
    outcome(api.POST('/v1/carts/{cart_id}/lines', { params: { path: { cart_id } }, body: { sku, quantity } })),
  put: (cart_id, line_id, quantity) =>
    outcome(
      api.PATCH('/v1/carts/{cart_id}/lines/{line_id}', { params: { path: { cart_id, line_id } }, body: { quantity } }),
    ),
  claim: (cart_id) => outcome(api.POST('/v1/carts/{cart_id}/claim', { params: { path: { cart_id } }, body: {} })),
  current: () => outcome(api.GET('/v1/carts/current')),
};
