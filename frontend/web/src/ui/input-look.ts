/** How every field looks in which something is typed; one that only tells (`still`) is no place to type in. */
export function inputLook(wrong = false, still = false): string {
  const ground = still ? 'cursor-default border-dashed bg-sunken text-soft' : 'bg-stall';
  const edge = wrong ? 'border-berry' : still ? 'border-line' : 'border-edge';
  return `min-h-11 w-full rounded-xl border px-3 py-2 placeholder:text-soft ${ground} ${edge}`;
}
