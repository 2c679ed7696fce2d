'use client';

import type { Failure } from '@/api/problem';
import { Notice } from '@/ui/notice';
import type { Translate } from '@/i18n/translate';
import type admin from '#messages/en/admin.json';

import { useAdmin } from './admin-texts';
import { codeWord, fieldName, wordOf } from './words';

type Props = { failure: Failure | null; said?: Record<string, string>; title?: string | undefined };

/**
 * What went wrong, with the API's own words where there are no better ones. `said` has better ones for some fields, `title`
 * for all of it.
 */
export function Trouble({ failure, said = {}, title }: Props) {
  const { t } = useAdmin();
  if (!failure) return null;
  const errors = failure.problem?.errors ?? [];
  const detail = errors.length === 0 ? detailOf(failure, t) : null;
  return (
    <Notice tone="bad" title={title ?? titleOf(failure, t)}>
      {detail ? <p className="mt-1 text-sm break-words">{detail}</p> : null}
      {errors.length > 0 ? (
        <ul className="mt-1 text-sm break-words">
          {errors.map(({ field, message }) => (
            <li key={`${field} ${message}`}>{said[field] ?? sentenceOf(field, message, t)}</li>
          ))}
        </ul>
      ) : null}
    </Notice>
  );
}

/** The same in one line, for what is said and goes again. */
export function troubleOf(failure: Failure, t: Translate<typeof admin>): string {
  const first = failure.problem?.errors?.[0];
  if (failure.status === 422 && first) return sentenceOf(first.field, first.message, t);
  return detailOf(failure, t) ?? titleOf(failure, t);
}

function sentenceOf(field: string, message: string, t: Translate<typeof admin>): string {
  const name = fieldName(field, t);
  return name ? `${name}: ${wordOf(message, t)}` : wordOf(message, t);
}

/** What more there is to say than the title does. */
function detailOf(failure: Failure, t: Translate<typeof admin>): string | null {
  const { status, code, problem } = failure;
  if (!problem || status < 400 || status >= 500 || status === 401 || status === 429) return null;
  if (problem.detail === problem.title) return null;
  const said = wordOf(problem.detail, t);
  const isOurs = said !== problem.detail || code === 'replay_failed';
  return isOurs || !codeWord(failure, t) ? said : null;
}

export function titleOf(failure: Failure, t: Translate<typeof admin>): string {
  const { status, problem, retryAfterSeconds } = failure;
  const known = codeWord(failure, t);
  if (known) return known;
  if (status === 0) return t('unreachable');
  if (status === 401) return t('session_over');
  if (status === 403) return t('not_allowed');
  if (status === 404) return t('not_there');
  if (status === 422) return t('check_fields');
  if (status === 429 || status === 503) return t('busy', { seconds: retryAfterSeconds ?? 1 });
  return status >= 500 ? t('failed') : (problem?.title ?? t('failed'));
}
