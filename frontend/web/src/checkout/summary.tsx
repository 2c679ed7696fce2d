'use client';

import Link from 'next/link';
import { useId, useState } from 'react';

import { LinePicture } from '@/cart/cart-line';
import { noteWords } from '@/cart/line-trouble';
import { shortLines, type Cart, type CartState } from '@/cart/state';
import { formatMoney } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { Icon } from '@/ui/icons';

import { SHORT_LINES } from './short-lines';
import { Totals } from './totals';
import type { Quote } from './use-quote';

type Props = { cart: Cart; notes: CartState['notes']; quote: Quote | null; settled: boolean; locale: Locale };

/** What is bought and what it costs: beside the form, or folded up above it on a small screen. */
export function Summary({ cart, notes, quote, settled, locale }: Props) {
  const t = useTexts('checkout');
  const cartTexts = useTexts('cart');
  const [open, setOpen] = useState(false);
  const id = useId();
  const total = quote?.total ?? cart.total;
  return (
    <aside
      aria-label={t('summary')}
      className="rounded-stall border border-line bg-stall shadow-stall lg:sticky lg:top-28 lg:order-last"
    >
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => {
          setOpen(!open);
        }}
        className="flex min-h-14 w-full items-center gap-2 px-5 py-3 text-left font-semibold lg:hidden"
      >
        <Icon name="basket" />
        <span className="flex-1">{t(open ? 'summary_hide' : 'summary_show')}</span>
        <span className="tabular-nums">{formatMoney(total, locale)}</span>
        <Icon name="right" className={`size-4 transition-transform ${open ? '-rotate-90' : 'rotate-90'}`} />
      </button>
      {shortLines(cart).length > 0 ? (
        <a
          href={`#${SHORT_LINES}`}
          className="mx-5 mt-1 mb-4 flex min-h-11 items-center gap-2 rounded-xl bg-berry-soft px-3 py-2 font-medium underline underline-offset-4 lg:mx-7 lg:mt-6 lg:mb-0"
        >
          {t('short_title')}
        </a>
      ) : null}
      <div id={id} className={`px-5 pb-5 lg:block lg:p-7 ${open ? '' : 'hidden'}`}>
        <div className="mb-2 flex items-baseline justify-between">
          <h2 className="text-xl max-lg:sr-only">{t('summary')}</h2>
          <Link
            href={`/${locale}/cart`}
            className="-my-2 inline-flex min-h-11 items-center font-semibold text-leaf underline-offset-4 hover:underline"
          >
            {t('edit_cart')}
          </Link>
        </div>
        <ul
          // A list that scrolls can be scrolled by keyboard too.

          tabIndex={cart.lines.length > 4 ? 0 : undefined}
          aria-label={t('summary')}
          className="-mx-2 mb-4 max-h-[45vh] overflow-y-auto px-2"
        >
          {cart.lines.map((line) => (
            <li key={line.id} className="flex items-center gap-3 py-2">
              <LinePicture line={line} small />
              <span className="min-w-0 flex-1">
                <span className="line-clamp-2 break-words">{line.name}</span>
                <span className={`text-sm tabular-nums ${line.available ? 'text-soft' : 'font-semibold text-berry'}`}>
                  {new Intl.NumberFormat(locale).format(line.quantity)} × {formatMoney(line.unit_price, locale)}
                </span>
                <span role="status" className="block text-sm font-medium empty:hidden">
                  {notes[line.sku]?.kind === 'repriced' ? noteWords(line, notes[line.sku], cartTexts, locale) : null}
                </span>
              </span>
              <span className="shrink-0 tabular-nums">{formatMoney(line.total, locale)}</span>
            </li>
          ))}
        </ul>
        <Totals sums={quote} locale={locale} settled={settled} />
      </div>
    </aside>
  );
}
