import { api, outcome } from '@/api/browser';
import type { components } from '@/api/schema';

export type ShopSettings = components['schemas']['SettingsView'];
export type Method = components['schemas']['MethodView'];
export type Rate = components['schemas']['RateView'];
export type Tax = components['schemas']['TaxView'];
type Change = Partial<components['schemas']['SettingsBody']>;

export const askSettings = () => outcome(api.GET('/v1/admin/settings'));

/** Refused with 409 if somebody has changed the settings since this version was read. */
export const changeSettings = (version: number, change: Change) =>
  outcome(
    api.PATCH('/v1/admin/settings', {
      body: { currency: null, shop_name: null, shipping: null, tax: null, ...change, version },
    }),
  );
