export type Page<T> = { items: T[]; next: string | null };

/** What was shown with what came after it; what moved down the list meanwhile is not shown twice. */
export function joined<T>(shown: readonly T[], more: readonly T[], keyOf: (item: T) => string): T[] {
  const known = new Set(shown.map(keyOf));
  return [...shown, ...more.filter((item) => !known.has(keyOf(item)))];
}

/** The same items, with a changed one in the place of the one with its key. */
export function putInto<T>(items: readonly T[], item: T, keyOf: (item: T) => string): T[] {
  return items.map((other) => (keyOf(other) === keyOf(item) ? item : other));
}
