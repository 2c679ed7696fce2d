'use client';

import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';

import { api, outcome } from '@/api/browser';

import { endAttempt, keptAttempt, newAttempt, type Attempt, type OrderBody } from './attempt';
import { isOpen, outcomeOf, type Outcome } from './outcome';

const RESENT_MAX = 20;

/** Buying: one try at a time, sent again by itself for as long as nobody knows its end. */
export function usePlacing(onOutcome: (outcome: Outcome) => void) {
  const [busy, setBusy] = useState(false);
  const [came, setCame] = useState<Outcome | null>(null);
  const running = useRef(false);
  const [sent, setSent] = useState(0);

  const send = useCallback(
    async (attempt: Attempt) => {
      if (running.current) return;
      running.current = true;
      setSent((before) => before + 1);
      setBusy(true);
      const params = { header: { 'Idempotency-Key': attempt.key } };
      const found = outcomeOf(await outcome(api.POST('/v1/orders', { params, body: attempt.body })));
      if (!isOpen(found)) {
        endAttempt();
        setSent(0);
      }
      running.current = false;
      setCame(found);
      setBusy(found.kind === 'placed'); // Until the order's page is there.
      onOutcome(found);
    },
    [onOutcome],
  );

  const resend = useCallback(() => {
    const attempt = keptAttempt();
    if (attempt) void send(attempt);
    else setCame(null);
  }, [send]);

  // A try that a reload has cut off is taken up again.
  const takeUp = useEffectEvent(resend);
  useEffect(() => {
    takeUp();
  }, []);

  const secondsLeft = useCountdown(came?.kind === 'again' && sent <= RESENT_MAX ? came : null, resend);

  return {
    busy,
    outcome: came,
    secondsLeft,
    place: (body: OrderBody) => {
      const open = keptAttempt();
      const isSame = open && JSON.stringify(open.body) === JSON.stringify(body);
      void send(isSame ? open : newAttempt(body));
    },
    resend,
    /** Nothing more is sent of a try whose end is not known. Should it have worked, its cart is ordered no second time. */
    giveUp: () => {
      endAttempt();
      setSent(0);
      setCame(null);
    },
  };
}

function useCountdown(waiting: { afterSeconds: number } | null, onEnd: () => void): number | null {
  const [left, setLeft] = useState<{ of: object; seconds: number } | null>(null);
  const end = useEffectEvent(onEnd);
  useEffect(() => {
    if (!waiting) return;
    let seconds = waiting.afterSeconds;
    const ticking = setInterval(() => {
      seconds -= 1;
      setLeft({ of: waiting, seconds: Math.max(seconds, 0) });
      if (seconds === 0) end();
    }, 1_000);
    const atOnce = () => {
      end();
    };
    window.addEventListener('online', atOnce);
    return () => {
      clearInterval(ticking);
      window.removeEventListener('online', atOnce);
    };
  }, [waiting]);
  if (!waiting) return null;
  return left?.of === waiting ? left.seconds : waiting.afterSeconds;
}
