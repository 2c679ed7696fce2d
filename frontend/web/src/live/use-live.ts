'use client';

import { useEffect, useEffectEvent } from 'react';

import type { Listener } from './client';

/**
 * Hear of these topics for as long as the component is there; `token` is an order's. A message of the type `resync` says that
 * something may have been missed. The client is fetched on use.
 */
export function useLive(topics: readonly string[], onMessage: Listener, token = ''): void {
  const heard = useEffectEvent(onMessage);
  const named = topics.join('\n');
  useEffect(() => {
    if (named === '') return;
    let leave: (() => void)[] = [];
    let gone = false;
    import('./page-client').then(
      ({ live }) => {
        if (gone) return;
        const listener: Listener = (message) => {
          heard(message);
        };
        leave = named.split('\n').map((topic) => live.watch(topic, listener, token));
      },
      () => undefined, // The page stands without what is told live.
    );
    return () => {
      gone = true;
      leave.forEach((end) => {
        end();
      });
    };
  }, [named, token]);
}
