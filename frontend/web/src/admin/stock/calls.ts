import { api, outcome } from '@/api/browser';
import type { components, operations } from '@/api/schema';

export type Stock = components['schemas']['StockItem'];
export type Level = components['schemas']['StockView'];
export type Entry = components['schemas']['EntryView'];
export type Filters = NonNullable<operations['list_stock']['parameters']['query']>;

/** What is low, and what is gone: fewer than these are left. */
export const LEVELS = [
  ['5', 'only_low'],
  ['1', 'only_out'],
] as const;

export const askStock = (filters: Filters) => outcome(api.GET('/v1/admin/stock', { params: { query: filters } }));

export const askJournal = (sku: string, cursor?: string) =>
  outcome(api.GET('/v1/admin/stock/{sku}/journal', { params: { path: { sku }, query: cursor ? { cursor } : {} } }));

export const adjust = (sku: string, delta: number, reason: string) =>
  outcome(api.POST('/v1/admin/stock/{sku}/adjustments', { params: { path: { sku } }, body: { delta, reason } }));
