'use client';

import type { MouseEvent, ReactNode } from 'react';

export const MENU = 'menu';

/** What the browser shows above the page by itself (`popover`), without JavaScript too; with it, a link in it closes it. */
export function Menu({ label, children }: { label: string; children: ReactNode }) {
  function close(event: MouseEvent<HTMLElement>) {
    if (event.target instanceof Element && event.target.closest('a')) event.currentTarget.hidePopover();
  }
  return (
    // The links inside are what is clicked, by keys too.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <nav id={MENU} popover="auto" aria-label={label} onClick={close} className="market-menu bg-paper text-ink">
      {children}
    </nav>
  );
}
