'use client';

import { useSyncExternalStore } from 'react';

import { isSignedIn, SESSION_CHANGED } from '@/api/session';

import { shopCalls } from './calls';
import { browserShelf } from './kept';
import { NO_CART, type CartState } from './state';
import { CartStore } from './store';

/** This browser's cart, one for all components of the page. */
export const cart = new CartStore(shopCalls, browserShelf());

let followers = 0;
let end: () => void = () => undefined;

function subscribe(listener: () => void): () => void {
  if (followers++ === 0) end = begin();
  const leave = cart.subscribe(listener);
  return () => {
    leave();
    if (--followers === 0) end();
  };
}

function begin(): () => void {
  const follow = cart.begin();
  const heard = () => {
    // A customer's cart opens to that customer alone.
    if (!isSignedIn()) cart.forget();
  };
  window.addEventListener(SESSION_CHANGED, heard);
  return () => {
    follow();
    window.removeEventListener(SESSION_CHANGED, heard);
  };
}

export function useCart(): CartState {
  return useSyncExternalStore(subscribe, cart.get, () => NO_CART);
}

/** To be called after signing in: the guest's cart goes along. */
export function claimCart(): Promise<void> {
  return cart.claim();
}
