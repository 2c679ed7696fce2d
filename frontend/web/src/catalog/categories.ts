import type { Category } from './goods';

/** A category with its address from the root, such as `fruit/tropical`. */
export type Step = { path: string; name: string };

/** The categories from the root to this path, or nothing if there is no such branch. */
export function trail(tree: readonly Category[], path: string): Step[] | null {
  const steps: Step[] = [];
  let level = tree;
  for (const slug of path.split('/')) {
    const found = level.find((category) => category.slug === slug);
    if (!found) return null;
    steps.push({ path: [...steps.slice(-1).map((step) => step.path), slug].join('/'), name: found.name });
    level = found.children;
  }
  return steps;
}

/** What a path is called; a path that is no longer in the tree is called by its last word. */
export function nameOf(tree: readonly Category[], path: string): string {
  return trail(tree, path)?.at(-1)?.name ?? path.split('/').at(-1) ?? path;
}

/** The branches right below a path, or the roots. */
export function below(tree: readonly Category[], path: string | null): Step[] {
  let level = tree;
  for (const slug of path?.split('/') ?? []) level = level.find((category) => category.slug === slug)?.children ?? [];
  return level.map((category) => ({ path: path ? `${path}/${category.slug}` : category.slug, name: category.name }));
}
