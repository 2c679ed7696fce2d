type Place = {
  read: (key: string) => string | null;
  /** Keep this text, or none. */
  keep: (key: string, text: string | null) => void;
};

/** Where that is forbidden, or full, it is kept as long as the page, which works all the same. */
function placeIn(storage: () => Storage): Place {
  const here = new Map<string, string>();
  return {
    read(key) {
      const found = here.get(key);
      if (found !== undefined) return found;
      return attempt(() => storage().getItem(key)) ?? null;
    },
    keep(key, text) {
      here.delete(key);
      if (text !== null && attempt(() => (storage().setItem(key, text), true))) return;
      if (text !== null) here.set(key, text);
      // What was kept before is no longer true.
      attempt(() => {
        storage().removeItem(key);
      });
    },
  };
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** What a browser keeps between visits, for all of its tabs. */
export const { read: readKept, keep } = placeIn(() => localStorage);

/** What a tab keeps through reloads, for itself alone. */
export const tab = placeIn(() => sessionStorage);
