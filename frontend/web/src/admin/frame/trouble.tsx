'use client';

import type { Failure } from '@/api/problem';
import { Notice } from '@/ui/notice';
import type { Translate } from '@/i18n/translate';
import type admin from '#messages/en/admin.json';

import { useAdmin } from './admin-texts';

/** What went wrong, with the API's own words where it has some: staff can make something of them. `said` has better ones. */
export function Trouble({ failure, said = {} }: { failure: Failure | null; said?: Record<string, string> }) {
  const { t } = useAdmin();
  if (!failure) return null;
  const { status, problem } = failure;
  const errors = problem?.errors ?? [];
  const detail = status >= 400 && status < 500 && status !== 401 && problem ? problem.detail : null;
  return (
    <Notice tone="bad" title={titleOf(failure, t)}>
      {detail && errors.length === 0 ? <p className="mt-1 text-sm break-words">{detail}</p> : null}
      {errors.length > 0 ? (
        <ul className="mt-1 text-sm break-words">
          {errors.map(({ field, message }) => (
            <li key={`${field} ${message}`}>
              {said[field] ?? (
                <>
                  <code className="text-soft">{field}</code> {message}
                </>
              )}
            </li>
          ))}
        </ul>
      ) : null}
    </Notice>
  );
}

/** The same in one line, for what is said and goes again. */
export function troubleOf(failure: Failure, t: Translate<typeof admin>): string {
  const first = failure.problem?.errors?.[0];
  if (failure.status === 422 && first) return `${first.field}: ${first.message}`;
  return failure.status >= 400 && failure.status < 500 && failure.status !== 401 && failure.status !== 429
    ? (failure.problem?.detail ?? titleOf(failure, t))
    : titleOf(failure, t);
}

function titleOf({ status, problem, retryAfterSeconds }: Failure, t: Translate<typeof admin>): string {
  if (status === 0) return t('unreachable');
  if (status === 401) return t('session_over');
  if (status === 403) return t('forbidden');
  if (status === 404) return t('not_there');
  if (status === 422) return t('check_fields');
  if (status === 429 || status === 503) return t('busy', { seconds: retryAfterSeconds ?? 1 });
  return status >= 500 ? t('failed') : (problem?.title ?? t('failed'));
}
