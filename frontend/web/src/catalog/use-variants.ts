'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

import { api, outcome } from '@/api/browser';
import { useLocale } from '@/i18n/texts';

import type { Variant } from './goods';

/** Prices and stock of a product as they are now: pages are kept, numbers are asked for and followed. */
export function useVariants(slug: string, first: readonly Variant[]): { variants: readonly Variant[]; fresh: boolean } {
  const locale = useLocale();
  const [variants, setVariants] = useState(first);
  const [fresh, setFresh] = useState(false);
  const asking = useRef<AbortController>(null);

  const ask = useCallback(async () => {
    asking.current?.abort();
    const { signal } = (asking.current = new AbortController());
    const params = { path: { product: slug }, query: { locale } };
    const found = await outcome(api.GET('/v1/products/{product}', { params, signal, cache: 'no-cache' }));
    if (signal.aborted || !found.ok || found.data.variants.length === 0) return;
    setVariants(found.data.variants);
    setFresh(true);
  }, [slug, locale]);

  useEffect(() => {
    void ask();
    return () => asking.current?.abort();
  }, [ask]);

  return { variants, fresh };
}
