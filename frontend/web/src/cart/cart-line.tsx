'use client';

import Link from 'next/link';

import { formatMoney } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { Icon } from '@/ui/icons';
import { NoPicture, Picture } from '@/ui/picture';

import { cart } from './cart';
import { LineTrouble } from './line-trouble';
import { QuantityStepper } from './quantity-stepper';
import type { CartLine, Note } from './state';

type Props = { line: CartLine; note: Note | undefined; locale: Locale; onLeave: () => void };

export function CartLineRow({ line, note, locale, onLeave }: Props) {
  const t = useTexts('cart');
  return (
    <li className="flex gap-4 py-5">
      <LinePicture line={line} />
      <div className="min-w-0 flex-1">
        <div className="flex items-start justify-between gap-3">
          <div className="min-w-0">
            {line.product_slug === null ? (
              <span className="font-medium break-words">{line.name}</span>
            ) : (
              <Link
                href={`/${locale}/products/${line.product_slug}`}
                prefetch={false}
                onClick={onLeave}
                className="font-medium break-words underline-offset-4 hover:underline"
              >
                {line.name}
              </Link>
            )}
            {line.quantity > 1 ? (
              <p className="text-sm text-soft tabular-nums">
                {t('each', { price: formatMoney(line.unit_price, locale) })}
              </p>
            ) : null}
          </div>
          <span className="shrink-0 font-semibold tabular-nums">{formatMoney(line.total, locale)}</span>
        </div>
        <div className="mt-2 flex items-center justify-between gap-3">
          {line.product_slug === null ? <span /> : <QuantityStepper line={line} />}
          <button
            type="button"
            aria-label={t('remove_name', { name: line.name })}
            onClick={() => {
              cart.remove(line.id);
            }}
            className="-mr-2.5 grid size-11 place-items-center rounded-full text-soft hover:bg-sunken hover:text-berry"
          >
            <Icon name="trash" />
          </button>
        </div>
        <LineTrouble line={line} note={note} />
      </div>
    </li>
  );
}

export function LinePicture({ line, small = false }: { line: Pick<CartLine, 'image'>; small?: boolean }) {
  return (
    <div
      className={`relative shrink-0 overflow-hidden bg-sunken ${small ? 'size-14 rounded-xl' : 'size-20 rounded-2xl'}`}
    >
      {line.image ? (
        <Picture image={line.image} sizes="80px" className="absolute inset-[12.5%] size-3/4 object-contain" />
      ) : (
        <span className="absolute inset-[25%] grid">
          <NoPicture />
        </span>
      )}
    </div>
  );
}
