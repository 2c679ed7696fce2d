import type { ReactNode } from 'react';

import { useShop } from './shop';

/** A page's name, also in the window's title, and what can be done there. */
export function Heading({ title, children }: { title: string; children?: ReactNode }) {
  const shop = useShop();
  return (
    <div className="mb-6 flex flex-wrap items-center justify-between gap-3">
      <title>{`${title} · ${shop}`}</title>
      <h1 className="min-w-0 text-2xl break-words sm:text-3xl">{title}</h1>
      <div className="flex flex-wrap gap-2">{children}</div>
    </div>
  );
}
