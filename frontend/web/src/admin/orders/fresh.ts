import type { components } from '@/api/schema';

type Told = { id: string; type: string; status?: components['schemas']['StaffOrderView']['status'] };

/** Orders that came since the list was read: those that were told of by name, and how many more there were. */
export type Fresh = { ids: readonly string[]; more: number };

export const NOTHING_FRESH: Fresh = { ids: [], more: 0 };
const IDS_MAX = 1_000;

/** What is known after another message: only orders that were placed count, each once. */
export function heardOf(known: Fresh, data: unknown): Fresh {
  const { orders = [], more = 0 } = (data ?? {}) as { orders?: Told[]; more?: number };
  const placed = orders.filter(({ id, type }) => type === 'order.placed' && !known.ids.includes(id));
  if (known.ids.length + placed.length > IDS_MAX) return { ids: known.ids, more: known.more + placed.length + more };
  return { ids: [...known.ids, ...placed.map(({ id }) => id)], more: known.more + more };
}
