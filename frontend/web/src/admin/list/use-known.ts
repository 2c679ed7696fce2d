import { useEffect, useState } from 'react';

const ASKED_MAX = 500;

/** Asks for a name by its id, once for all tables of the tab; null is no name, and undefined no answer. */
export function rememberer(ask: (id: string) => Promise<string | null | undefined>) {
  const asked = new Map<string, Promise<string | null>>();
  return (id: string): Promise<string | null> => {
    const known = asked.get(id);
    if (known) return known;
    if (asked.size >= ASKED_MAX) asked.clear();
    const found = ask(id).then((name) => {
      if (name === undefined) asked.delete(id); // No answer is no knowledge.
      return name ?? null;
    });
    asked.set(id, found);
    return found;
  };
}

/** The names of these ids, as they come in; `ask` is the same function each time, and ids have no blanks. */
export function useKnown(
  ids: readonly string[],
  ask: (id: string) => Promise<string | null>,
): ReadonlyMap<string, string> {
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const wanted = [...new Set(ids)].join(' ');
  useEffect(() => {
    let current = true;
    for (const id of wanted.split(' ').filter(Boolean)) {
      void ask(id).then((name) => {
        if (current && name !== null) setNames((known) => new Map(known).set(id, name));
      });
    }
    return () => {
      current = false;
    };
  }, [wanted, ask]);
  return names;
}
