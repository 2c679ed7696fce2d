'use client';

import { useSyncExternalStore } from 'react';

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
