import type { components } from '@/api/schema';

export type Order = components['schemas']['ShownOrderView'];
export type Happened = components['schemas']['TimelineView']['items'][number];
export type StepName =
  | 'placed'
  | 'pending'
  | 'confirmed'
  | 'paid'
  | 'sent'
  | 'partly_sent'
  | 'refunded'
  | 'cancelled'
  | 'failed'
  | 'voided'
  | 'to_send';

/** A step of an order's way. `now` is where it stands, `later` what is still to come; `of` tells the details. */
export type Step = { name: StepName; at: string | null; state: 'done' | 'now' | 'later'; of: Happened | null };

const NAMES: Record<Happened['type'], StepName | null> = {
  placed: 'placed',
  confirmed: 'confirmed',
  payment_authorized: null, // Of no interest to who has paid.
  payment_captured: 'paid',
  payment_voided: 'voided',
  payment_failed: 'failed',
  fulfilled: 'sent',
  refunded: 'refunded',
  cancelled: 'cancelled',
};

/** What happened to an order and, unless it has ended, what comes next. */
export function stepsOf(order: Order, happened: readonly Happened[]): Step[] {
  const done = happened.flatMap((one): Step[] => {
    const name = NAMES[one.type];
    return name === null ? [] : [{ name, at: one.at, state: 'done', of: one }];
  });
  if (done.length === 0) done.push({ name: 'placed', at: order.placed_at, state: 'done', of: null });
  if (order.fulfilment_status === 'partial') {
    for (const step of done) if (step.name === 'sent') step.name = 'partly_sent';
  }
  return [...done, ...comingOf(order, done)];
}

function comingOf(order: Order, done: readonly Step[]): Step[] {
  if (order.status === 'cancelled') return [];
  const coming: StepName[] = [];
  if (order.status === 'pending') coming.push('pending');
  else if (!done.some(({ name }) => name === 'paid')) coming.push('paid');
  if (order.status === 'pending') coming.push('confirmed');
  if (order.fulfilment_status !== 'fulfilled' && order.payment_status !== 'refunded') coming.push('to_send');
  return coming.map((name, place) => ({ name, at: null, of: null, state: place === 0 ? 'now' : 'later' }));
}

/** Whether the buyer may still change her mind. */
export function isCancellable(order: Order): boolean {
  return order.status !== 'cancelled' && order.fulfilment_status === 'unfulfilled' && order.status !== 'completed';
}

/** Whether anything can happen to it that a page would want to follow closely, live or by asking now and then. */
export function isMoving(order: Order): boolean {
  return order.status === 'pending' || order.payment_status === 'authorized';
}

export type Mood = 'thanks' | 'pending' | 'cancelled' | 'failed' | 'refunded' | 'sent' | 'plain';

/** What the page says first. */
export function moodOf(order: Order, isNew: boolean): Mood {
  if (order.status === 'cancelled') return order.payment_status === 'failed' ? 'failed' : 'cancelled';
  if (order.payment_status === 'refunded') return 'refunded';
  if (order.status === 'pending') return 'pending';
  if (order.fulfilment_status === 'fulfilled') return 'sent';
  return isNew ? 'thanks' : 'plain';
}
