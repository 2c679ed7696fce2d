import { TRANSLATED } from '../products/draft';
import type { Category } from './calls';

/** A category as it is typed; `parent` is the path of the one it lies in, empty at the top. */
export type Draft = { name: string; translatedName: string; slug: string; parent: string };

export function parentOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}

export function draftOf(category: Category | null): Draft {
  return {
    name: category?.name ?? '',
    translatedName: category?.translations[TRANSLATED]?.name ?? '',
    slug: category?.slug ?? '',
    parent: category ? parentOf(category.path) : '',
  };
}

/** An address made of a name: `Frutas secas` is `frutas-secas`. */
export function slugOf(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** What is sent of it; other translations stay. */
export function bodyOf(draft: Draft, kept: Category | null) {
  const translations = { ...kept?.translations };
  const translated = draft.translatedName.trim();
  if (translated) translations[TRANSLATED] = { name: translated };
  else Reflect.deleteProperty(translations, TRANSLATED);
  return {
    name: draft.name.trim(),
    slug: draft.slug.trim() || slugOf(draft.name),
    parent: draft.parent,
    translations,
  };
}

/** Where a category can lie: anywhere but in itself and in what lies in it. */
export function placesFor(category: Category | null, all: readonly Category[]): readonly Category[] {
  if (!category) return all;
  return all.filter(({ path }) => path !== category.path && !path.startsWith(`${category.path}/`));
}
