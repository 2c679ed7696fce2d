'use client';

import { useEffect, useSyncExternalStore } from 'react';

import type { Failure } from '@/api/problem';
import { isSignedIn, SESSION_CHANGED } from '@/api/session';

function listen(changed: () => void) {
  window.addEventListener(SESSION_CHANGED, changed);
  window.addEventListener('storage', changed);
  return () => {
    window.removeEventListener(SESSION_CHANGED, changed);
    window.removeEventListener('storage', changed);
  };
}

/** Whether somebody is signed in: null until the browser is asked, for pages are made without knowing. */
export function useSignedIn(): boolean | null {
  return useSyncExternalStore<boolean | null>(listen, isSignedIn, () => null);
}

/** Ask again, once somebody is signed in again, for what was refused because nobody was. */
export function useOnceSignedIn(failure: Failure | null, askAgain: () => void): void {
  const isRefused = failure?.status === 401;
  useEffect(() => {
    if (!isRefused) return;
    return listen(() => {
      if (isSignedIn()) askAgain();
    });
  }, [isRefused, askAgain]);
}
