'use client';

import { useState } from 'react';

import { useTexts } from '@/i18n/texts';
import { Icon } from '@/ui/icons';

const BUTTON = 'grid size-11 place-items-center rounded-full hover:bg-sunken disabled:opacity-35';

/** How many are wanted, by one or typed; never more than there are. */
export function Stepper({
  quantity,
  most,
  onChange,
}: {
  quantity: number;
  most: number;
  onChange: (quantity: number) => void;
}) {
  const t = useTexts('goods');
  const [typed, setTyped] = useState<string | null>(null);
  const choose = (wanted: number) => {
    setTyped(null);
    onChange(Math.min(Math.max(wanted || 1, 1), most));
  };
  return (
    <div
      role="group"
      aria-label={t('quantity')}
      className="inline-flex h-12 items-center rounded-full border border-edge bg-stall"
    >
      <button
        type="button"
        className={BUTTON}
        aria-label={t('one_less')}
        disabled={quantity <= 1}
        onClick={() => {
          choose(quantity - 1);
        }}
      >
        <Icon name="minus" className="size-4" />
      </button>
      <input
        aria-label={t('quantity')}
        inputMode="numeric"
        autoComplete="off"
        maxLength={7}
        value={typed ?? quantity}
        onChange={(event) => {
          setTyped(event.target.value.replace(/\D/g, ''));
        }}
        onBlur={() => {
          if (typed !== null) choose(Number(typed));
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') choose(Number(event.currentTarget.value));
        }}
        className="h-11 w-10 bg-transparent text-center font-medium tabular-nums"
      />
      <button
        type="button"
        className={BUTTON}
        aria-label={t('one_more')}
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
