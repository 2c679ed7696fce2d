import { api, outcome, type Result } from '@/api/browser';
import type { components, operations } from '@/api/schema';

export type Order = components['schemas']['StaffOrderView'];
export type Moment = components['schemas']['TimelineItem'];
export type Filters = NonNullable<operations['get_v1_admin_orders']['parameters']['query']>;
type Refund = Partial<components['schemas']['RefundOrder']> & { reason: string };
type Sent = Partial<components['schemas']['Fulfil']> & { lines: components['schemas']['SentLineBody'][] };

const path = (id: string) => ({ path: { order_id: id } });

export const askOrders = (filters: Filters) => outcome(api.GET('/v1/admin/orders', { params: { query: filters } }));

export const askOrder = (id: string): Promise<Result<Order>> =>
  outcome(api.GET('/v1/admin/orders/{order_id}', { params: path(id) }));

export const askTimeline = (id: string) =>
  outcome(api.GET('/v1/admin/orders/{order_id}/timeline', { params: path(id) }));

export const cancel = (id: string, reason: string) =>
  outcome(api.POST('/v1/admin/orders/{order_id}/cancel', { params: path(id), body: { reason } }));

export const fulfil = (id: string, sent: Sent) =>
  outcome(
    api.POST('/v1/admin/orders/{order_id}/fulfilments', {
      params: path(id),
      body: { carrier: null, tracking: null, ...sent },
    }),
  );

/** The key makes it safe to send the same refund again when no answer came. */
export const refund = (id: string, key: string, body: Refund) =>
  outcome(
    api.POST('/v1/admin/orders/{order_id}/refunds', {
      params: { ...path(id), header: { 'Idempotency-Key': key } },
      body: { amount: null, lines: null, ...body },
    }),
  );
