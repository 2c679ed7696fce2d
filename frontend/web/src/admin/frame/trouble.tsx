'use client';

import type { Failure } from '@/api/problem';
import { Notice } from '@/ui/notice';

import { useAdmin } from './admin-texts';

/** What went wrong, with the API's own words where it has some: staff can make something of them. */
export function Trouble({ failure }: { failure: Failure | null }) {
  const { t } = useAdmin();
  if (!failure) return null;
  const { status, problem, retryAfterSeconds } = failure;
  const title =
    status === 0
      ? t('unreachable')
      : status === 403
        ? t('forbidden')
        : status === 429 || status === 503
          ? t('busy', { seconds: retryAfterSeconds ?? 1 })
          : status >= 500
            ? t('failed')
            : (problem?.title ?? t('failed'));
  return (
    <Notice tone="bad" title={title}>
      {status >= 400 && status < 500 && problem ? <p className="mt-1 text-sm break-words">{problem.detail}</p> : null}
    </Notice>
  );
}
