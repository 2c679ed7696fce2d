import { api, outcome, type Result } from '@/api/browser';
import type { components } from '@/api/schema';

export type Me = components['schemas']['UserView'];
export type Address = components['schemas']['SavedAddressView'];
export type NewAddress = components['schemas']['NewAddress'];
export type Order = components['schemas']['ShownOrderView'];
export type Page<T> = { items: T[]; next: string | null };

const ORDERS_PAGE = 10;
const LATEST = 3;
const ADDRESSES_MAX = 100;

export const askMe = (): Promise<Result<Me>> => outcome(api.GET('/v1/users/me'));

export const askLatest = (): Promise<Result<Page<Order>>> => askOrders(undefined, LATEST);

export const askOrders = (cursor?: string, limit = ORDERS_PAGE): Promise<Result<Page<Order>>> =>
  outcome(api.GET('/v1/orders', { params: { query: { limit, ...(cursor ? { cursor } : {}) } } }));

export const askAddresses = (): Promise<Result<Page<Address>>> =>
  outcome(api.GET('/v1/users/me/addresses', { params: { query: { limit: ADDRESSES_MAX } } }));

export const signOut = (): Promise<Result<unknown>> => outcome(api.DELETE('/v1/sessions/current'));

const at = (id: string) => ({ path: { address_id: id } });

export const addAddress = (body: NewAddress): Promise<Result<Address>> =>
  outcome(api.POST('/v1/users/me/addresses', { body }));

export const changeAddress = (id: string, body: components['schemas']['ChangeAddress']): Promise<Result<Address>> =>
  outcome(api.PATCH('/v1/users/me/addresses/{address_id}', { params: at(id), body }));

export const deleteAddress = (id: string): Promise<Result<unknown>> =>
  outcome(api.DELETE('/v1/users/me/addresses/{address_id}', { params: at(id) }));
