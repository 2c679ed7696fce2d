import { newKey } from '@/api/idempotency-key';
import { tab } from '@/api/kept';
import type { components } from '@/api/schema';

const KEY = 'feira.attempt';
/** Whoever opens yesterday's tab again has not pressed the button today. */
const LASTS_MS = 3_600_000;

export type OrderBody = components['schemas']['PlaceOrder'];

/**
 * One try to buy: what is asked, and the key under which the shop remembers its answer. Whoever sends it again gets the first
 * answer again, and never pays twice. It is kept until that answer is known, through reloads too.
 */
export type Attempt = { key: string; body: OrderBody };

export function newAttempt(body: OrderBody): Attempt {
  const attempt = { key: newKey(), body };
  tab.keep(KEY, JSON.stringify({ ...attempt, at: Date.now() }));
  return attempt;
}

/** The try whose end is not known. An old one is none: should it have worked, its cart is ordered no second time. */
export function keptAttempt(): Attempt | null {
  try {
    const kept = JSON.parse(tab.read(KEY) ?? 'null') as Partial<Attempt & { at: number }> | null;
    if (typeof kept?.key !== 'string' || typeof kept.body !== 'object') return null;
    return Math.abs(Date.now() - (kept.at ?? 0)) < LASTS_MS ? { key: kept.key, body: kept.body } : null;
  } catch {
    return null;
  }
}

export function endAttempt(): void {
  tab.keep(KEY, null);
}
