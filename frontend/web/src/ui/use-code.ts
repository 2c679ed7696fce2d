import { useEffect, useEffectEvent, useState } from 'react';

const nothing = () => undefined;

/**
 * Code that is fetched when it is first `wanted`: null until it is there. Where it cannot be had, the page stands without it,
 * and it is asked for again when it is wanted again. `load` must be the same function at every rendering.
 */
export function useCode<T>(
  load: () => Promise<T>,
  wanted: boolean,
  onMissing: () => void = nothing,
): { code: T | null } {
  // In a box, for what is fetched is a function mostly, and React would call it.
  const [found, setFound] = useState<{ code: T | null }>({ code: null });
  const missing = useEffectEvent(onMissing);
  const asks = wanted && found.code === null;
  useEffect(() => {
    if (!asks) return;
    let left = false;
    load().then(
      (code) => {
        if (!left) setFound({ code });
      },
      () => {
        if (!left) missing();
      },
    );
    return () => {
      left = true;
    };
  }, [asks, load]);
  return found;
}

/** Fetches it before it is wanted, as somebody is about to. */
export function ahead(load: () => Promise<unknown>): () => void {
  return () => {
    load().catch(nothing);
  };
}
