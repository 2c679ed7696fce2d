import { api, outcome } from '@/api/browser';
import type { components } from '@/api/schema';

export type Parked = components['schemas']['ParkedView'];

const path = (event: Parked) => ({ path: { service: event.service, event_id: event.id } });

export const askParked = (cursor?: string) =>
  outcome(api.GET('/v1/admin/events', { params: { query: cursor ? { cursor } : {} } }));

export const askWhole = (event: Parked) =>
  outcome(api.GET('/v1/admin/events/{service}/{event_id}', { params: path(event) }));

export const replay = (event: Parked) =>
  outcome(api.POST('/v1/admin/events/{service}/{event_id}/replay', { params: path(event) }));

export const drop = (event: Parked, reason: string) =>
  outcome(api.POST('/v1/admin/events/{service}/{event_id}/drop', { params: path(event), body: { reason } }));
