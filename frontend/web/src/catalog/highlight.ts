/** A piece of a text, and whether it is what somebody typed. */
export type Piece = { text: string; typed: boolean };

/** With its accents, even where these are characters of their own. */
const LETTERS = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Where the words of a search begin words of a text: accents and capitals do not matter. */
export function highlight(text: string, search: string): Piece[] {
  const wanted = plain(search)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .sort((a, b) => b.length - a.length);
  const pieces: Piece[] = [];
  const add = (part: string, typed: boolean) => {
    const last = pieces.at(-1);
    if (last?.typed === typed) last.text += part;
    else if (part) pieces.push({ text: part, typed });
  };
  for (const [word] of text.matchAll(/[\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]+/gu)) {
    const found = wanted.find((start) => plain(word).startsWith(start));
    const letters = Array.from(LETTERS.segment(word), ({ segment }) => segment);
    let taken = 0;
    while (found && plain(letters.slice(0, taken).join('')).length < found.length) taken += 1;
    add(letters.slice(0, taken).join(''), true);
    add(letters.slice(taken).join(''), false);
  }
  return pieces;
}
