'use client';

import { useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';

import { cart } from './cart';
import { failureWords } from './failure-words';
import type { CartLine, Note } from './state';

/** Why a line cannot be had as it is, with what to do about it; or what the buyer should know of it. */
export function LineTrouble({ line, note }: { line: CartLine; note: Note | undefined }) {
  const t = useTexts('cart');
  const left = line.available_quantity;
  if (line.available) {
    const words =
      note?.kind === 'failed' ? failureWords(note.failure, t) : line.quantity === left && note ? t('most') : '';
    return (
      <p role="status" className={`mt-1 text-sm empty:hidden ${note?.kind === 'failed' ? 'text-berry' : 'text-soft'}`}>
        {words}
      </p>
    );
  }
  return (
    <div
      role="alert"
      className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 rounded-xl bg-berry-soft px-3 py-1.5 text-sm"
    >
      <span className="py-2 font-medium">{troubleWords(line, note, t)}</span>
      {left > 0 ? (
        <Button
          look="plain"
          className="px-1!"
          onClick={() => {
            cart.change(line.id, left, 0);
          }}
        >
          {t('take_left', { count: left })}
        </Button>
      ) : (
        <Button
          look="plain"
          className="px-1!"
          onClick={() => {
            cart.remove(line.id);
          }}
        >
          {t('remove')}
        </Button>
      )}
    </div>
  );
}

function troubleWords(line: CartLine, note: Note | undefined, t: ReturnType<typeof useTexts<'cart'>>): string {
  const count = line.available_quantity;
  if (line.product_slug === null) return t('not_sold');
  if (note?.kind === 'taken') return count > 0 ? t('taken_some', { count }) : t('taken');
  return count > 0 ? t('left', { count }) : t('none_left');
}
