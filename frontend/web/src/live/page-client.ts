import { isSignedIn, renew } from '@/api/session';

import { LiveClient } from './client';

const HIDDEN_MAX_MS = 120_000;

/** The connection of this page, made when somebody first listens. */
export const live = new LiveClient({
  connect: () => new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/live`),
  random: Math.random,
  renew: async () => isSignedIn() && (await renew(Date.now())),
});

let hidden: ReturnType<typeof setTimeout> | undefined;
document.addEventListener('visibilitychange', () => {
  clearTimeout(hidden);
  if (document.visibilityState === 'visible') live.resume();
  else
    hidden = setTimeout(() => {
      live.pause();
    }, HIDDEN_MAX_MS);
});
window.addEventListener('online', () => {
  live.pause();
  live.resume();
});
