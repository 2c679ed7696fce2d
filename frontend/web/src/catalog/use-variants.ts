'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

import { api, outcome } from '@/api/browser';
import { useLocale } from '@/i18n/texts';
import type { LiveMessage } from '@/live/client';
import { useLive } from '@/live/use-live';

import type { Variant } from './goods';

type Stock = { sku: string; available: boolean; quantity: number };

function isStock(data: unknown): data is Stock {
  return typeof data === 'object' && data !== null && 'sku' in data && 'available' in data && 'quantity' in data;
}

type Known = {
  variants: readonly Variant[];
  fresh: boolean;
  /** The shop sells it no more. */
  gone: boolean;
};

/**
 * Prices and stock of a product as they are now: pages are kept, numbers are asked for when one is opened and followed from
 * then on. They are `fresh` once they have come.
 */
export function useVariants(slug: string, first: readonly Variant[]): Known {
  const locale = useLocale();
  const [variants, setVariants] = useState(first);
  const [fresh, setFresh] = useState(false);
  const [gone, setGone] = useState(false);
  const asking = useRef<AbortController>(null);

  const ask = useCallback(async () => {
    asking.current?.abort();
    const { signal } = (asking.current = new AbortController());
    const params = { path: { product: slug }, query: { locale } };
    const found = await outcome(api.GET('/v1/products/{product}', { params, signal, cache: 'no-cache' }));
    if (signal.aborted) return;
    if (!found.ok && found.failure.status === 404) {
      setGone(true);
      setVariants((known) => known.map((one) => ({ ...one, available: false, quantity: 0 })));
    }
    if (!found.ok || found.data.variants.length === 0) return;
    setGone(false);
    setVariants(found.data.variants);
    setFresh(true);
  }, [slug, locale]);

  useEffect(() => {
    void ask();
    return () => asking.current?.abort();
  }, [ask]);

  useLive([`products/${slug}`], ({ type, data }: LiveMessage) => {
    if (type === 'stock.changed' && isStock(data)) {
      const { sku, available, quantity } = data;
      setVariants((known) => known.map((one) => (one.sku === sku ? { ...one, available, quantity } : one)));
    } else {
      // Its price, its text, or something that was missed.
      void ask();
    }
  });

  return { variants, fresh, gone };
}
