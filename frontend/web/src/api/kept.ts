// What a browser keeps between visits. Where that is forbidden, it is kept as long as the page, which works all the same.
const here = new Map<string, string>();

export function readKept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return here.get(key) ?? null;
  }
}

/** Keep this text, or none. */
export function keep(key: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    if (text === null) here.delete(key);
    else here.set(key, text);
  }
}
