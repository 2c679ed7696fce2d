import type { Variant } from './goods';

export type Group = { name: string; values: string[] };

/** A variant that says nothing of what it differs in is chosen by its name, under this option. */
export const BY_NAME = '';

function optionsOf(variant: Variant): Record<string, string> {
  return Object.keys(variant.options).length > 0 ? variant.options : { [BY_NAME]: variant.name };
}

/** What there is to choose: each option with its values, in the order in which the variants name them. */
export function groupsOf(variants: readonly Variant[]): Group[] {
  const groups = new Map<string, Set<string>>();
  for (const variant of variants) {
    for (const [name, value] of Object.entries(optionsOf(variant))) {
      groups.set(name, (groups.get(name) ?? new Set()).add(value));
    }
  }
  return [...groups].map(([name, values]) => ({ name, values: [...values] }));
}

export function valueOf(variant: Variant, name: string): string | undefined {
  return optionsOf(variant)[name];
}

/** The variant to show first: the one that the address asks for, else the first that can be had. */
export function firstChoice(variants: readonly Variant[], sku: string | undefined): Variant | undefined {
  return variants.find((one) => one.sku === sku) ?? variants.find((one) => one.available) ?? variants[0];
}

/** The variant with this value that keeps most of what was chosen before; those that can be had come first among equals. */
export function choose(variants: readonly Variant[], chosen: Variant, name: string, value: string): Variant {
  const wanted = { ...optionsOf(chosen), [name]: value };
  const score = (variant: Variant) =>
    Object.entries(wanted).filter(([key, of]) => optionsOf(variant)[key] === of).length * 2 +
    (variant.available ? 1 : 0);
  const fitting = variants.filter((variant) => optionsOf(variant)[name] === value);
  return fitting.reduce((best, variant) => (score(variant) > score(best) ? variant : best), fitting[0] ?? chosen);
}

/** Whether a value can be had together with what else is chosen. */
export function canBeHad(variants: readonly Variant[], chosen: Variant, name: string, value: string): boolean {
  const wanted = { ...optionsOf(chosen), [name]: value };
  return variants.some(
    (variant) => variant.available && Object.entries(wanted).every(([key, of]) => optionsOf(variant)[key] === of),
  );
}
