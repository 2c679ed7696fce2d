// What a browser remembers of its cart between visits: enough to show how much is in it without asking. All tabs share it.
const KEY = 'feira.cart';

/** `count` is how many units are in it; `at` (milliseconds) is when this browser changed it last. */
export type KeptCart = { id: string; count: number; at: number };

export type Shelf = {
  read: () => KeptCart | null;
  write: (kept: KeptCart | null) => void;
  /** Hears what other tabs write. Gives back what ends it. */
  follow: (changed: () => void) => () => void;
};

/** The browser's own storage; where it is forbidden the cart lives as long as the page. */
export function browserShelf(): Shelf {
  let last: KeptCart | null = null;
  return {
    read() {
      try {
        return parse(localStorage.getItem(KEY));
      } catch {
        return last;
      }
    },
    write(kept) {
      last = kept;
      try {
        if (kept) localStorage.setItem(KEY, JSON.stringify(kept));
        else localStorage.removeItem(KEY);
      } catch {
        // Nothing is lost but the memory of it.
      }
    },
    follow(changed) {
      const heard = (event: StorageEvent) => {
        if (event.key === KEY || event.key === null) changed();
      };
      window.addEventListener('storage', heard);
      return () => {
        window.removeEventListener('storage', heard);
      };
    },
  };
}

function parse(text: string | null): KeptCart | null {
  if (text === null) return null;
  try {
    const { id, count, at } = JSON.parse(text) as Partial<KeptCart>;
    if (typeof id !== 'string' || id === '') return null;
    return { id, count: Number(count) || 0, at: Number(at) || 0 };
  } catch {
    return null;
  }
}
