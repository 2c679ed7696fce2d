'use client';

import { useCallback, useEffect, useState } from 'react';

import type { Result } from '@/api/browser';
import type { Failure } from '@/api/problem';

export type Page<T> = { items: T[]; next: string | null };
export type List<T> = {
  items: T[] | null;
  failure: Failure | null;
  busy: boolean;
  more: (() => void) | null;
  reload: () => void;
  /** Put a changed item in the place of the one with its key. */
  put: (item: T) => void;
};

/**
 * A list that is read page by page, by cursor. `ask` reads a page and must be the same function as long as the filters are the
 * same: another one starts the list anew. What was shown stays until the new page is there.
 */
export function useList<T>(ask: (cursor?: string) => Promise<Result<Page<T>>>, keyOf: (item: T) => string): List<T> {
  const [page, setPage] = useState<Page<T> | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let current = true;
    void ask().then((result) => {
      if (!current) return;
      setFailure(result.ok ? null : result.failure);
      if (result.ok) setPage(result.data);
    });
    return () => {
      current = false;
    };
  }, [ask, attempt]);

  const reload = useCallback(() => {
    setAttempt((number) => number + 1);
  }, []);

  const put = useCallback(
    (item: T) => {
      setPage(
        (old) => old && { ...old, items: old.items.map((other) => (keyOf(other) === keyOf(item) ? item : other)) },
      );
    },
    [keyOf],
  );

  const next = page?.next;
  async function more(cursor: string) {
    if (busy) return;
    setBusy(true);
    const result = await ask(cursor);
    setBusy(false);
    setFailure(result.ok ? null : result.failure);
    if (result.ok) {
      setPage((old) => ({ items: [...(old?.items ?? []), ...result.data.items], next: result.data.next }));
    }
  }

  return { items: page?.items ?? null, failure, busy, more: next ? () => void more(next) : null, reload, put };
}
