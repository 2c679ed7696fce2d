'use client';

import { useEffect, useState } from 'react';

import { api, outcome } from '@/api/browser';
import { fieldErrors, type Failure } from '@/api/problem';
import type { components } from '@/api/schema';

export type Quote = components['schemas']['QuoteView'];
type QuoteBody = components['schemas']['QuoteBody'];

const SETTLE_MS = 250;
const RETRY_S = 5;

type Known = { asked: string; quote: Quote | null; failure: Failure | null };

/**
 * What an order placed now would cost. `stamp` is what else it depends on: when it changes, the price is asked for again. The
 * last answer stays while the next one is on its way, for totals must not jump; `settled` tells that it is of what is asked.
 */
export function useQuote(body: QuoteBody | null, stamp: string) {
  const [known, setKnown] = useState<Known>({ asked: '', quote: null, failure: null });
  const [round, setRound] = useState(0);
  const asked = body ? JSON.stringify([body, stamp, round]) : '';

  useEffect(() => {
    if (asked === '') return;
    const [wanted] = JSON.parse(asked) as [QuoteBody];
    const ending = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const found = await askQuote(wanted, ending.signal);
      if (ending.signal.aborted) return;
      if (found.ok) setKnown({ asked, quote: found.data, failure: null });
      else {
        setKnown(({ quote }) => ({ asked, quote, failure: found.failure }));
        if (isPassing(found.failure)) {
          retry = setTimeout(
            () => {
              setRound((before) => before + 1);
            },
            (found.failure.retryAfterSeconds ?? RETRY_S) * 1_000,
          );
        }
      }
    };
    const settle = setTimeout(() => void ask(), SETTLE_MS);
    return () => {
      clearTimeout(settle);
      clearTimeout(retry);
      ending.abort();
    };
  }, [asked]);

  return {
    quote: known.quote,
    settled: asked !== '' && known.asked === asked && known.failure === null,
    failure: known.asked === asked ? known.failure : null,
    ask: () => {
      setRound((before) => before + 1);
    },
  };
}

async function askQuote(body: QuoteBody, signal: AbortSignal) {
  const found = await outcome(api.POST('/v1/quotes', { body, signal }));
  if (found.ok || !body.shipping_method || !('shipping_method' in fieldErrors(found.failure))) return found;
  // It is not sent like that to this country: the cheapest way is taken instead.
  return outcome(api.POST('/v1/quotes', { body: { ...body, shipping_method: null }, signal }));
}

function isPassing(failure: Failure): boolean {
  return failure.status === 0 || failure.status === 429 || failure.status >= 500;
}
