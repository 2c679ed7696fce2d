'use client';

import type { Failure } from '@/api/problem';
import { useTexts } from '@/i18n/texts';
import { Notice } from '@/ui/notice';

/** What went wrong with a form or a page, in words; what a field is blamed for is said at the field. */
export function FailureNotice({ failure, refused }: { failure: Failure | null; refused?: string | undefined }) {
  const t = useTexts('account');
  if (!failure) return null;
  if (failure.status === 422 && failure.problem?.errors?.length) return <Notice tone="bad" title={t('check_fields')} />;
  if (failure.status === 0) return <Notice tone="bad" title={t('unreachable')} />;
  if (failure.status === 429 || failure.status === 503) {
    const wait = failure.retryAfterSeconds;
    return <Notice tone="bad" title={wait === null ? t('busy') : t('busy_for', { count: wait })} />;
  }
  if (failure.status < 500 && refused) return <Notice tone="bad" title={refused} />;
  return <Notice tone="bad" title={t('failed')} />;
}
