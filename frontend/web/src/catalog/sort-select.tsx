'use client';

import { useRouter } from 'next/navigation';
import { useTransition } from 'react';

type Props = {
  path: string;
  label: string;
  apply: string;
  chosen: string;
  choices: readonly { value: string; name: string; href: string }[];
  kept: readonly [string, string][];
};

/** The order of a list. Without JavaScript it is a form with a button. */
export function SortSelect({ path, label, apply, chosen, choices, kept }: Props) {
  const router = useRouter();
  const [isUnderWay, start] = useTransition();
  return (
    <form action={path} className="flex min-w-0 flex-1 items-center gap-2 sm:flex-none">
      {kept.map(([name, value]) => (
        <input key={`${name}=${value}`} type="hidden" name={name} value={value} />
      ))}
      <label className="flex min-w-0 flex-1 items-center gap-2">
        <span className="hidden text-sm whitespace-nowrap text-soft sm:inline">{label}</span>
        <select
          key={chosen}
          name="sort"
          aria-label={label}
          aria-busy={isUnderWay}
          defaultValue={chosen}
          onChange={(event) => {
            const href = choices.find((choice) => choice.value === event.target.value)?.href;
            if (href) {
              start(() => {
                router.push(href, { scroll: false });
              });
            }
          }}
          className="min-h-11 w-full min-w-0 picker rounded-full border border-line bg-stall py-2 pr-9 pl-4 font-medium hover:border-soft"
        >
          {choices.map(({ value, name }) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <noscript>
        <button type="submit" className="min-h-11 w-full min-w-0 rounded-full border border-line px-4 font-medium">
          {apply}
        </button>
      </noscript>
    </form>
  );
}
