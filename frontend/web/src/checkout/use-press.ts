'use client';

import { useEffect, useRef, useState } from 'react';

import type { Money } from '@/i18n/format';

import { courseOf, type Course } from './press';
import type { Quote, useQuote } from './use-quote';

type Quoted = ReturnType<typeof useQuote>;

/** Where the last press of the button stands, and the total that it was shown; null if there is nothing to say of it. */
export type Press = { stands: Exclude<Course, 'pay'>; shown: Money | null };

/** A press that is being carried out: its `price` if that may be paid, else null; `isOn` until it is let go. */
type Holding = { price: Promise<Quote | null>; isOn: () => boolean };

/**
 * A press of the button while its total is on its way is held until that is there. It comes to nothing when the buyer changes
 * anything meanwhile, or leaves.
 */
export function usePress(quoted: Quoted) {
  const [press, setPress] = useState<Press | null>(null);
  const latest = useRef(quoted);
  const held = useRef<{ look: (now: Quoted) => void } | null>(null);
  useEffect(() => {
    latest.current = quoted;
    held.current?.look(quoted);
  });
  useEffect(
    () => () => {
      held.current = null;
    },
    [],
  );

  function hold(): Holding {
    const { quote, failure, ask } = latest.current;
    const shown = quote?.total ?? null;
    const mine: { look: (now: Quoted) => void } = { look: () => undefined };
    const price = new Promise<Quote | null>((resolve) => {
      mine.look = (now) => {
        const course = courseOf(shown, now);
        if (course === 'wait') return;
        mine.look = () => undefined;
        if (course === 'pay') {
          resolve(now.quote);
          return;
        }
        held.current = null;
        setPress({ stands: course, shown });
        resolve(null);
      };
    });
    held.current = mine;
    setPress({ stands: 'wait', shown });
    // What has failed is asked for again, and looked at when that is answered.
    if (failure) ask();
    else mine.look(latest.current);
    return { price, isOn: () => held.current === mine };
  }

  return {
    press,
    hold,
    isHeld: () => held.current !== null,
    /** There is nothing more to say of it. */
    release: () => {
      held.current = null;
      setPress(null);
    },
  };
}
