import type { components } from '@/api/schema';

import { numberOf, numberText } from './numbers';

/** What the value of an attribute is; options are all texts. */
export const KINDS = ['text', 'number', 'yes_no'] as const;
export type Kind = (typeof KINDS)[number];

/** A name and its value as they are typed; the value of a yes/no is `true` or `false`. */
export type Row = { key: number; name: string; kind: Kind; value: string };

export type Values = Record<string, string | number | boolean>;
export type Fault = components['schemas']['FieldProblem'];

export const NAME_MAX = 100;
export const ATTRIBUTES_MAX = 50;
export const OPTIONS_MAX = 10;
export const ATTRIBUTE_VALUE_MAX = 500;
export const OPTION_VALUE_MAX = 100;

let lastKey = 0;

export function emptyRow(name = ''): Row {
  return { key: ++lastKey, name, kind: 'text', value: '' };
}

/** The rows of what is kept; one that `before` has keeps its key, so that whoever is in it stays there. */
export function rowsOf(values: Values, locale: string, before: readonly Row[] = []): Row[] {
  const keys = new Map(before.map(({ key, name }) => [name.trim(), key]));
  return Object.entries(values).map(([name, value]) => ({
    key: keys.get(name) ?? ++lastKey,
    name,
    kind: typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'yes_no',
    value: typeof value === 'number' ? numberText(value, locale) : String(value),
  }));
}

/** A row of another kind. What was chosen is no text, and what was typed no choice. */
export function turned(row: Row, kind: Kind): Row {
  if (kind === row.kind) return row;
  const value = kind === 'yes_no' ? 'true' : row.kind === 'yes_no' ? '' : row.value;
  return { ...row, kind, value };
}

/** What the rows say, by name. */
export function valuesOf(rows: readonly Row[], locale: string): Values {
  return Object.fromEntries(rows.filter(saysSomething).map((row) => [row.name.trim(), valueOf(row, locale)]));
}

/** What the rows of options say, by name. */
export function textsOf(rows: readonly Row[]): Record<string, string> {
  return Object.fromEntries(rows.filter(saysSomething).map(({ name, value }) => [name.trim(), value.trim()]));
}

function valueOf({ kind, value }: Row, locale: string): string | number | boolean {
  if (kind === 'yes_no') return value === 'true';
  return kind === 'number' ? (numberOf(value, locale) ?? value.trim()) : value.trim();
}

/** Whether anything was typed in it. */
export function saysSomething({ name, value }: Row): boolean {
  return name.trim() !== '' || value.trim() !== '';
}

/** What is wrong with rows, in the words that the API has for it, at `field` and the place of each: `attributes.2.value`. */
export function faultsOf(rows: readonly Row[], field: string, valueMax: number, locale: string): Fault[] {
  const names = new Set<string>();
  return rows.flatMap((row, at) => {
    if (!saysSomething(row)) return [];
    const name = row.name.trim();
    const wrong = { name: wrongName(name, names.has(name)), value: wrongValue(row, valueMax, locale) };
    names.add(name);
    return Object.entries(wrong).flatMap(([part, message]) =>
      message ? [{ field: `${field}.${at}.${part}`, message }] : [],
    );
  });
}

function wrongName(name: string, isThere: boolean): string | null {
  if (name === '') return 'must not be empty';
  return isThere ? 'stands here twice' : tooLong(name, NAME_MAX);
}

function wrongValue({ kind, value }: Row, max: number, locale: string): string | null {
  const text = value.trim();
  if (text === '') return 'must not be empty';
  if (kind === 'number') return numberOf(text, locale) === null ? 'must be a number' : null;
  return tooLong(text, max);
}

/** Letters are counted as the API counts them: one of two halves is one. */
function tooLong(text: string, max: number): string | null {
  return Array.from(text).length > max ? `Expected \`str\` of length <= ${max}` : null;
}

/**
 * What was said to be wrong with a row, wherever it stands now: `sent` are the rows that the errors speak of, and `error`
 * gives what is said at a place of theirs. The API itself calls a row by its name.
 */
export function wrongWith(
  row: Row,
  sent: readonly Row[],
  error: (place: string) => string | undefined,
): { name: string | undefined; value: string | undefined } {
  const at = sent.findIndex(({ key }) => key === row.key);
  const name = sent[at]?.name.trim();
  return {
    name: error(`${at}.name`),
    value: error(`${at}.value`) ?? (name ? error(name) : undefined),
  };
}
