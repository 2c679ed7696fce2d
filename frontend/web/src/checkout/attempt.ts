import { newKey } from '@/api/idempotency-key';
import { tab } from '@/api/kept';
import type { components } from '@/api/schema';

const KEY = 'feira.attempt';

export type OrderBody = components['schemas']['PlaceOrder'];

/**
 * One try to buy: what is asked, and the key under which the shop remembers its answer. Whoever sends it again gets the first
 * answer again, and never pays twice. It is kept until that answer is known, through reloads too.
 */
export type Attempt = { key: string; body: OrderBody };

export function newAttempt(body: OrderBody): Attempt {
  const attempt = { key: newKey(), body };
  tab.keep(KEY, JSON.stringify(attempt));
  return attempt;
}

/** The try whose end is not known. */
export function keptAttempt(): Attempt | null {
  try {
    const kept = JSON.parse(tab.read(KEY) ?? 'null') as Partial<Attempt> | null;
    return typeof kept?.key === 'string' && typeof kept.body === 'object' ? { key: kept.key, body: kept.body } : null;
  } catch {
    return null;
  }
}

export function endAttempt(): void {
  tab.keep(KEY, null);
}
