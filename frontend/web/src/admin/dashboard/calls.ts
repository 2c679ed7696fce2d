import { api, outcome } from '@/api/browser';
import type { components } from '@/api/schema';

export type Dashboard = components['schemas']['DashboardView'];
export type Sales = components['schemas']['SalesView'];

const HOURS = 24;
const LOW = 5;
const ROWS = 8;

const ask = (time_zone: string) =>
  outcome(api.GET('/v1/admin/dashboard', { params: { query: { hours: HOURS, time_zone } } }));

/** Days and hours are those of whoever looks, unless the shop knows no such clock. */
export async function askDashboard() {
  const found = await ask(new Intl.DateTimeFormat().resolvedOptions().timeZone);
  return found.ok || found.failure.status !== 422 ? found : ask('UTC');
}

export const askLow = () => outcome(api.GET('/v1/admin/stock', { params: { query: { below: LOW, limit: ROWS } } }));

export const askNewest = () => outcome(api.GET('/v1/admin/orders', { params: { query: { limit: ROWS } } }));
