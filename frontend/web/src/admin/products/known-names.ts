/** Names that the shop says in each customer's own language. */
export const KNOWN_NAMES = [
  'brand',
  'colour',
  'filling',
  'finish',
  'flavour',
  'grind',
  'material',
  'organic',
  'origin',
  'size',
  'unit',
  'weight',
] as const;

/** What their list is called on the page. */
export const KNOWN = 'known-names';
