import type { AdminKey } from '../frame/admin-texts';

/** What staff can do, by the API's words for it. */
export const ACTS = {
  'catalog.product.created': 'act_product_created',
  'catalog.product.changed': 'act_product_changed',
  'catalog.product.archived': 'act_product_archived',
  'catalog.product.restored': 'act_product_restored',
  'catalog.variant.changed': 'act_variant_changed',
  'catalog.stock.adjusted': 'act_stock_adjusted',
  'catalog.products.imported': 'act_products_imported',
  'catalog.media.uploaded': 'act_media_uploaded',
  'catalog.category.created': 'act_category_created',
  'catalog.category.changed': 'act_category_changed',
  'catalog.category.deleted': 'act_category_deleted',
  'orders.cancelled': 'act_order_cancelled',
  'orders.fulfilled': 'act_order_fulfilled',
  'orders.refunded': 'act_order_refunded',
  'orders.settings.changed': 'act_settings_changed',
  'users.role_changed': 'act_role_changed',
  'users.disabled': 'act_user_disabled',
  'users.enabled': 'act_user_enabled',
  'events.replay_asked': 'act_event_replayed',
  'events.dropped': 'act_event_dropped',
} as const satisfies Record<string, AdminKey>;

export type Action = keyof typeof ACTS;

export const isAction = (action: string): action is Action => action in ACTS;

/** Where what it was done to can be seen, if there is a page of it. */
export function pathOf(action: string, target: string): string | null {
  if (action.startsWith('catalog.product.')) return `/admin/products/${target}`;
  if (/^catalog\.(?:variant|stock)\./.test(action)) return `/admin/stock?q=${encodeURIComponent(target)}`;
  if (/^orders\.(?:cancelled|fulfilled|refunded)$/.test(action)) return `/admin/orders?q=${encodeURIComponent(target)}`;
  if (action === 'orders.settings.changed') return '/admin/settings';
  return null;
}

/** Whose account it was done to, by id; empty if it was no account. */
export function personOf(target: string): string {
  return /^users\/([0-9a-f-]{36})$/.exec(target)?.[1] ?? '';
}

/** Which product it was done to, by id; empty if it was none. */
export function productOf(action: string, target: string): string {
  return action.startsWith('catalog.product.') ? target : '';
}

/** What the product is called in what the act was about, if that tells. */
export function toldName(detail: unknown): string {
  if (typeof detail !== 'object' || detail === null || !('name' in detail)) return '';
  return typeof detail.name === 'string' ? detail.name : '';
}
