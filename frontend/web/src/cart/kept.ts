import { keep, readKept } from '@/api/kept';

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

export function browserShelf(): Shelf {
  return {
    read: () => parse(readKept(KEY)),
    write(kept) {
      keep(KEY, kept && JSON.stringify(kept));
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
