'use client';

import type { components } from '@/api/schema';

import { useAdmin, type AdminKey } from '../frame/admin-texts';

type Order = components['schemas']['StaffOrderView'];

export const STATUS: Record<Order['status'], AdminKey> = {
  pending: 'status_pending',
  confirmed: 'status_confirmed',
  cancelled: 'status_cancelled',
  completed: 'status_completed',
};
export const PAYMENT: Record<Order['payment_status'], AdminKey> = {
  pending: 'payment_pending',
  authorized: 'payment_authorized',
  captured: 'payment_captured',
  partially_refunded: 'payment_partially_refunded',
  refunded: 'payment_refunded',
  voided: 'payment_voided',
  failed: 'payment_failed',
};
export const FULFILMENT: Record<Order['fulfilment_status'], AdminKey> = {
  unfulfilled: 'fulfilment_unfulfilled',
  partial: 'fulfilment_partial',
  fulfilled: 'fulfilment_fulfilled',
};

const BAD = new Set(['cancelled', 'failed', 'voided']);
const MIND = new Set(['pending', 'authorized', 'unfulfilled', 'partial', 'partially_refunded']);

/** What state an order, its money and its goods are in, in words and not by colour alone. */
export function OrderStates({ order }: { order: Order }) {
  const { t } = useAdmin();
  // What was given back before it left the house is not sent any more.
  const isDone = order.fulfilment_status === 'unfulfilled' && order.lines.every((line) => line.to_send === 0);
  const states: [string, AdminKey][] =
    order.status === 'cancelled'
      ? [[order.status, STATUS[order.status]]]
      : [
          [order.payment_status, PAYMENT[order.payment_status]],
          ...(isDone ? [] : [[order.fulfilment_status, FULFILMENT[order.fulfilment_status]] as [string, AdminKey]]),
        ];
  return (
    <span className="flex flex-wrap gap-1.5">
      {states.map(([state, name]) => (
        <span
          key={name}
          className={`rounded-full px-2.5 py-0.5 text-xs font-medium whitespace-nowrap ${
            BAD.has(state) ? 'bg-berry-soft' : MIND.has(state) ? 'bg-sun-soft' : 'bg-leaf-soft'
          }`}
        >
          {t(name)}
        </span>
      ))}
    </span>
  );
}
