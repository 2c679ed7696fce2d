import { api, outcome } from '@/api/browser';
import type { components } from '@/api/schema';

export type Dashboard = components['schemas']['DashboardView'];
export type Sales = components['schemas']['SalesView'];

const HOURS = 24;
const LOW = 5;
const ROWS = 8;

export const askDashboard = () => outcome(api.GET('/v1/admin/dashboard', { params: { query: { hours: HOURS } } }));

export const askLow = () => outcome(api.GET('/v1/admin/stock', { params: { query: { below: LOW, limit: ROWS } } }));

export const askNewest = () => outcome(api.GET('/v1/admin/orders', { params: { query: { limit: ROWS } } }));
