'use client';

import type { ReactNode } from 'react';

type Props = {
  name: string;
  value: string;
  checked: boolean;
  onChoose: (value: string) => void;
  title: ReactNode;
  detail?: ReactNode;
  trailing?: ReactNode;
};

/** One of several, as a card that is easy to hit. */
export function Choice({ name, value, checked, onChoose, title, detail, trailing }: Props) {
  return (
    <label className="flex min-h-14 cursor-pointer items-center gap-3 rounded-xl border border-line px-4 py-2.5 has-checked:border-leaf has-checked:bg-leaf-soft has-focus-visible:outline-3 has-focus-visible:outline-offset-2 has-focus-visible:outline-leaf">
      <input
        type="radio"
        name={name}
        value={value}
        checked={checked}
        onChange={() => {
          onChoose(value);
        }}
        className="size-5 shrink-0 accent-leaf outline-none"
      />
      <span className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-3">
        <span className="font-medium">{title}</span>
        {detail ? <span className="text-sm text-soft">{detail}</span> : null}
      </span>
      {trailing ? <span className="shrink-0 font-semibold tabular-nums">{trailing}</span> : null}
    </label>
  );
}
