'use client';

import { formatMoney } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { useLocale, useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';

import { cart } from './cart';
import { failureWords } from './failure-words';
import type { CartLine, Note } from './state';

/** Why a line cannot be had as it is, with what to do about it; or what the buyer should know of it. */
export function LineTrouble({ line, note }: { line: CartLine; note: Note | undefined }) {
  const t = useTexts('cart');
  const locale = useLocale();
  const left = line.available_quantity;
  if (line.available) {
    const words = noteWords(line, note, t, locale);
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

/** What the buyer should know of a line that can be had. */
export function noteWords(
  line: CartLine,
  note: Note | undefined,
  t: ReturnType<typeof useTexts<'cart'>>,
  locale: Locale,
): string {
  if (note?.kind === 'failed') return failureWords(note.failure, t);
  if (note?.kind === 'repriced') return t('repriced', { before: formatMoney(note.before, locale) });
  return note && line.quantity === line.available_quantity ? t('most') : '';
}

function troubleWords(line: CartLine, note: Note | undefined, t: ReturnType<typeof useTexts<'cart'>>): string {
  const count = line.available_quantity;
  if (line.product_slug === null) return t('not_sold');
  if (note?.kind === 'taken') return count > 0 ? t('taken_some', { count }) : t('taken');
  return count > 0 ? t('left', { count }) : t('none_left');
}
