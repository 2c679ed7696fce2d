'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

import { useOnceSignedIn } from '@/account/session';
import type { Result } from '@/api/browser';
import type { Failure } from '@/api/problem';

import { joined, putInto, type Page } from './pages';

export type List<T> = {
  items: T[] | null;
  failure: Failure | null;
  /** More of it is being read. */
  busy: boolean;
  /** What is shown was found by other filters: what these find is being read. */
  stale: boolean;
  more: (() => void) | null;
  reload: () => void;
  /** Put a changed item in the place of the one with its key. */
  put: (item: T) => void;
};

type Ask<T> = (cursor?: string) => Promise<Result<Page<T>>>;

/**
 * A list that is read page by page, by cursor. `ask` reads a page and must be the same function as long as the filters are the
 * same: another one starts the list anew. What was shown stays until the new page is there.
 */
export function useList<T>(ask: Ask<T>, keyOf: (item: T) => string): List<T> {
  const [page, setPage] = useState<(Page<T> & { by: Ask<T> }) | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const asked = useRef(0); // Each reading from the beginning makes those before it void.

  useEffect(() => {
    const number = ++asked.current;
    void ask().then((result) => {
      if (number !== asked.current) return;
      setBusy(false);
      setFailure(result.ok ? null : result.failure);
      if (result.ok) setPage({ ...result.data, by: ask });
    });
    return () => {
      asked.current++;
    };
  }, [ask, attempt]);

  const reload = useCallback(() => {
    setAttempt((number) => number + 1);
  }, []);
  useOnceSignedIn(failure, reload);

  const put = useCallback(
    (item: T) => {
      setPage((old) => old && { ...old, items: putInto(old.items, item, keyOf) });
    },
    [keyOf],
  );

  const stale = page !== null && page.by !== ask;
  const next = stale ? null : page?.next;
  async function more(cursor: string) {
    if (busy) return;
    setBusy(true);
    const number = asked.current;
    const result = await ask(cursor);
    if (number !== asked.current) return;
    setBusy(false);
    setFailure(result.ok ? null : result.failure);
    if (result.ok) {
      setPage((old) => ({
        by: ask,
        items: joined(old?.items ?? [], result.data.items, keyOf),
        next: result.data.next,
      }));
    }
  }

  return {
    items: page?.items ?? null,
    failure,
    busy,
    stale: stale && !failure,
    more: next ? () => void more(next) : null,
    reload,
    put,
  };
}
