'use client';

import { useSyncExternalStore } from 'react';

import { tokenOf } from './where';

let token: string | null = null;

function read(): string {
  if (token === null) {
    token = tokenOf(window.location.hash);
    // Taken out of the address, so that it stays in no history and on no screen that is shared.
    if (token) window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
  }
  return token;
}

const never = () => () => undefined;

/** The token of the mailed link that led here: null until the browser is asked, empty if there is none. */
export function useToken(): string | null {
  return useSyncExternalStore<string | null>(never, read, () => null);
}
