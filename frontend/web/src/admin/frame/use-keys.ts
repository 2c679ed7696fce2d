'use client';

import { useRouter } from 'next/navigation';
import { useEffect } from 'react';

import { PLACES } from './places';
import { mayLeave } from './unsaved';

const SECOND_KEY_MS = 1_000;

/** Ctrl-K opens the palette, `?` the keyboard sheet, `g` and a letter lead to a place; not while somebody types. */
export function useKeys(openPalette: () => void, openSheet: () => void): void {
  const router = useRouter();
  useEffect(() => {
    let going = 0;
    function press(event: KeyboardEvent) {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        openPalette();
        return;
      }
      const at = event.target;
      const typing =
        at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
      if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
      if (event.key === '?') openSheet();
      else if (event.key === 'g') going = Date.now();
      else if (Date.now() - going < SECOND_KEY_MS) {
        going = 0;
        const place = PLACES.find(({ letter }) => letter === event.key);
        if (place && mayLeave()) router.push(place.path);
      }
    }
    window.addEventListener('keydown', press);
    return () => {
      window.removeEventListener('keydown', press);
    };
  }, [router, openPalette, openSheet]);
}
