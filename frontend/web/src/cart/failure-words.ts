import type { Failure } from '@/api/problem';
import type { Messages } from '@/i18n/messages';
import type { Translate } from '@/i18n/translate';

/** What to say of a failure that nobody can do anything about but try again. */
export function failureWords(failure: Failure, t: Translate<Messages['cart']>): string {
  if (failure.status === 0) return t(navigator.onLine ? 'silent' : 'offline');
  if (failure.code === 'unknown_sku') return t('not_sold');
  if (failure.status !== 429 && failure.status !== 503) return t('failed');
  return failure.retryAfterSeconds === null ? t('crowded') : t('crowded_for', { count: failure.retryAfterSeconds });
}
