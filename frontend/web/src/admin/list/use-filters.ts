'use client';

import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useCallback } from 'react';

/** The filters of a list, kept in the page's address so that they can be shared and survive a reload. */
export function useFilters(): [Readonly<Record<string, string>>, (change: Record<string, string>) => void] {
  const path = usePathname();
  const router = useRouter();
  const params = useSearchParams();
  const change = useCallback(
    (values: Record<string, string>) => {
      const next = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(values)) {
        if (value) next.set(name, value);
        else next.delete(name);
      }
      const query = next.toString();
      router.replace(query ? `${path}?${query}` : path, { scroll: false });
    },
    [path, router],
  );
  return [Object.fromEntries(params), change];
}
