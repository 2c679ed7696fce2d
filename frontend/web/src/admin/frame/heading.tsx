import type { ReactNode } from 'react';

import { useShop } from './shop';

type Props = { title: string; children?: ReactNode; stays?: boolean };

/** A page's name, also in the window's title, and what can be done there; on a long page it `stays` in sight. */
export function Heading({ title, children, stays = false }: Props) {
  const shop = useShop();
  return (
    <div
      className={`mb-6 flex flex-wrap items-center justify-between gap-3 ${stays ? 'sticky top-0 z-20 -mx-4 -mt-4 border-b border-line bg-paper px-4 py-3 sm:-mx-6 sm:px-6 lg:-mx-8 lg:px-8' : ''}`}
    >
      <title>{`${title} · ${shop}`}</title>
      <h1 className="min-w-0 text-2xl break-words sm:text-3xl">{title}</h1>
      <div className="flex flex-wrap gap-2">{children}</div>
    </div>
  );
}
