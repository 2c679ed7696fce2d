'use client';

import { useCallback, useEffect, useState } from 'react';

import type { Result } from '@/api/browser';
import { noteSession } from '@/api/session';
import type { Failure } from '@/api/problem';

import { useOnceSignedIn } from './session';

export type Mine<T> = {
  data: T | null;
  failure: Failure | null;
  reload: () => void;
  set: (data: T) => void;
};

/** Something of the customer's, asked for once the page is there. `ask` must be the same function at every rendering. */
export function useMine<T>(ask: () => Promise<Result<T>>): Mine<T> {
  const [data, set] = useState<T | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    void ask().then((result) => {
      if (!current) return;
      setFailure(result.ok ? null : result.failure);
      if (result.ok) set(result.data);
      else if (result.failure.status === 401) noteSession(false); // The frame around us leads to the sign-in page.
    });
    return () => {
      current = false;
    };
  }, [ask, attempt]);
  const reload = useCallback(() => {
    setFailure(null);
    setAttempt((number) => number + 1);
  }, []);
  useOnceSignedIn(failure, reload);
  return { data, failure, reload, set };
}
