/** How every field looks in which something is typed. */
export function inputLook(wrong = false): string {
  return `min-h-11 w-full rounded-xl border bg-stall px-3 py-2 placeholder:text-soft ${wrong ? 'border-berry' : 'border-edge'}`;
}
