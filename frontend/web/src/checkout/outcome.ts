import type { Result } from '@/api/browser';
import { fieldErrors, type Failure } from '@/api/problem';
import type { components } from '@/api/schema';
import type { Money } from '@/i18n/format';

export type Placed = components['schemas']['PlacedView'];
export type Short = { sku: string; available: number };

/** What came of a try to buy. After `again` and `unsure` the same try is to be sent again; all others have ended it. */
export type Outcome =
  | { kind: 'placed'; order: Placed }
  | { kind: 'declined'; code: string }
  | { kind: 'short'; skus: Short[] }
  | { kind: 'dearer'; total: Money }
  | { kind: 'ordered' }
  | { kind: 'changed' }
  | { kind: 'invalid'; fields: Record<string, string> }
  | { kind: 'signed_out' }
  | { kind: 'again'; afterSeconds: number; failure: Failure }
  | { kind: 'unsure'; failure: Failure };

const BUSY_WAIT_S = 5;
const IN_PROGRESS_WAIT_S = 1;

export function outcomeOf(answer: Result<Placed>): Outcome {
  if (answer.ok) return { kind: 'placed', order: answer.data };
  const { failure } = answer;
  switch (failure.status) {
    case 0:
      return { kind: 'again', afterSeconds: BUSY_WAIT_S, failure };
    case 401:
      return { kind: 'signed_out' };
    case 402:
      return { kind: 'declined', code: declineOf(failure) };
    case 404:
      return { kind: 'changed' };
    case 409:
      return conflictOf(failure);
    case 422:
      return { kind: 'invalid', fields: fieldErrors(failure) };
    case 429:
    case 503:
      return { kind: 'again', afterSeconds: failure.retryAfterSeconds ?? BUSY_WAIT_S, failure };
    default:
      return { kind: 'unsure', failure };
  }
}

/** Whether the try must be kept, for its end is not known or was no end. */
export function isOpen(outcome: Outcome): boolean {
  return outcome.kind === 'again' || outcome.kind === 'unsure';
}

function conflictOf(failure: Failure): Outcome {
  const { code, problem } = failure;
  if (code === 'out_of_stock') return { kind: 'short', skus: shortsOf(problem?.['skus']) };
  const total = problem?.['total'];
  if (code === 'price_changed' && isMoney(total)) return { kind: 'dearer', total };
  if (code === 'cart_already_ordered') return { kind: 'ordered' };
  if (code === 'in_progress') {
    return { kind: 'again', afterSeconds: failure.retryAfterSeconds ?? IN_PROGRESS_WAIT_S, failure };
  }
  return { kind: 'changed' };
}

function declineOf({ problem }: Failure): string {
  const reason = problem?.['reason'];
  return typeof reason === 'string' ? reason : 'declined';
}

function shortsOf(skus: unknown): Short[] {
  return Array.isArray(skus) ? skus.filter(isShort) : [];
}

function isShort(one: unknown): one is Short {
  return typeof one === 'object' && one !== null && 'sku' in one && 'available' in one;
}

function isMoney(value: unknown): value is Money {
  return typeof value === 'object' && value !== null && 'amount' in value && 'currency' in value;
}
