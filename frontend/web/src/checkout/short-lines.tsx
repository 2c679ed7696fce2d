'use client';

import { Alternatives } from '@/cart/alternatives';
import { LinePicture } from '@/cart/cart-line';
import { LineTrouble } from '@/cart/line-trouble';
import { shortLines, type Cart, type CartState } from '@/cart/state';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';

export const SHORT_LINES = 'short-lines';

/** The lines that cannot be had as they are, decided about where they are found. */
export function ShortLines({ cart, notes, locale }: { cart: Cart; notes: CartState['notes']; locale: Locale }) {
  const t = useTexts('checkout');
  const short = shortLines(cart);
  if (short.length === 0) return null;
  return (
    <section
      id={SHORT_LINES}
      tabIndex={-1}
      aria-label={t('short_title')}
      className="rounded-stall border-2 border-berry bg-stall p-5 sm:p-7"
    >
      <h2 className="text-xl">{t('short_title')}</h2>
      <p className="mt-1 text-soft">{t('short_text')}</p>
      <ul className="divide-y divide-line">
        {short.map((line) => (
          <li key={line.id} className="py-4 last:pb-0">
            <div className="flex items-center gap-3">
              <LinePicture line={line} small />
              <span className="min-w-0 font-medium break-words">{line.name}</span>
            </div>
            <LineTrouble line={line} note={notes[line.sku]} />
            {line.available_quantity === 0 ? <Alternatives line={line} locale={locale} /> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
