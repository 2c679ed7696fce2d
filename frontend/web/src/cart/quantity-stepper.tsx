'use client';

import { useRef, useState } from 'react';

import { useTexts } from '@/i18n/texts';
import { Icon } from '@/ui/icons';

import { cart } from './cart';
import type { CartLine } from './state';

const BUTTON = 'grid size-11 place-items-center rounded-full hover:bg-sunken disabled:opacity-35';

/** How many of a line: by one, or typed. Never more than there are. */
export function QuantityStepper({ line }: { line: CartLine }) {
  const t = useTexts('cart');
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const most = Math.max(line.available_quantity, 1);
  const { name, quantity } = line;

  function choose(wanted: number) {
    setTyped(null);
    const chosen = Math.min(Math.max(wanted, 1), most);
    if (chosen !== quantity) cart.change(line.id, chosen);
  }

  function take(text: string) {
    const wanted = Number.parseInt(text, 10);
    if (Number.isNaN(wanted)) setTyped(null);
    else if (wanted <= 0) cart.remove(line.id);
    else choose(wanted);
  }

  return (
    <div className="inline-flex items-center rounded-full border border-line bg-stall">
      <button
        type="button"
        className={BUTTON}
        aria-label={t('fewer_of', { name })}
        disabled={quantity <= 1}
        onClick={() => {
          choose(quantity - 1);
        }}
      >
        <Icon name="minus" className="size-4" />
      </button>
      <input
        ref={field}
        aria-label={t('quantity_of', { name })}
        inputMode="numeric"
        autoComplete="off"
        maxLength={7}
        value={typed ?? quantity}
        onChange={(event) => {
          setTyped(event.target.value.replace(/\D/g, ''));
        }}
        onBlur={() => {
          if (typed !== null) take(typed);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') take(event.currentTarget.value);
          if (event.key === 'Escape') setTyped(null);
        }}
        style={{ width: `${Math.max(String(typed ?? quantity).length, 2) + 1}ch` }}
        className="h-11 bg-transparent text-center font-medium tabular-nums"
      />
      <button
        type="button"
        className={BUTTON}
        aria-label={t('more_of', { name })}
        disabled={quantity >= most}
        onClick={() => {
          choose(quantity + 1);
        }}
      >
        <Icon name="plus" className="size-4" />
      </button>
    </div>
  );
}
