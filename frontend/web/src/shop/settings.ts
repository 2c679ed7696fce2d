import 'server-only';

/** What the process that serves us says of the shop. */
export const PUBLIC_URL = process.env['FEIRA_PUBLIC_URL'] ?? 'http://127.0.0.1:8000';
export const SHOP_NAME = process.env['FEIRA_SHOP_NAME'] ?? 'Feira';
export const IS_DEMO = process.env['FEIRA_DEMO'] === '1';
