'use client';

import { useEffect } from 'react';

import { useAdmin } from './admin-texts';

const questions = new Set<string>();

/** Whether the page may be left: asks whoever typed something there that is not saved. */
export function mayLeave(): boolean {
  const [question] = questions;
  return question === undefined || window.confirm(question);
}

/** Whether a click leads away from the page, in this tab and in one step. */
export function leadsAway(event: MouseEvent): boolean {
  const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return false;
  if (link.hasAttribute('download') || (link.getAttribute('target') ?? '_self') !== '_self') return false;
  return !link.getAttribute('href')?.startsWith('#');
}

/** While `dirty`, leaving the page by a link, a key, the way back or the browser asks first. */
export function useUnsaved(dirty: boolean): void {
  const { t } = useAdmin();
  useEffect(() => {
    if (!dirty) return;
    const question = t('unsaved');
    questions.add(question);
    const warn = (event: BeforeUnloadEvent) => {
      event.preventDefault();
    };
    const click = (event: MouseEvent) => {
      if (!leadsAway(event)) return;
      if (mayLeave()) {
        window.removeEventListener('beforeunload', warn); // One question is enough.
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    };
    const unwatch = watchHistory();
    window.addEventListener('beforeunload', warn);
    document.addEventListener('click', click, true);
    return () => {
      questions.delete(question);
      unwatch();
      window.removeEventListener('beforeunload', warn);
      document.removeEventListener('click', click, true);
    };
  }, [dirty, t]);
}

/** `feiraMoved` is called by the page's first listener of the history: see `HistoryScript`. */
type Page = Window & { feiraMoved?: ((event: PopStateEvent) => void) | undefined };

let watching = 0;

/**
 * Ask when the browser goes back or forward. It has gone there already when it says so: whoever stays is brought to where
 * they were, and the router hears of neither.
 */
function watchHistory(): () => void {
  if (watching++ === 0) (window as Page).feiraMoved = asker(placeNow());
  return () => {
    if (--watching === 0) (window as Page).feiraMoved = undefined;
  };
}

function asker(here: number): (event: PopStateEvent) => void {
  let returning = false;
  return (event) => {
    if (returning) {
      returning = false;
      event.stopImmediatePropagation();
    } else if (!mayLeave()) {
      event.stopImmediatePropagation();
      returning = true;
      window.history.go(here - placeNow() || 1); // Where the browser does not tell how far it went, back is what was meant.
    }
  };
}

/** Which entry of the tab's history is shown. */
function placeNow(): number {
  return 'navigation' in window ? (window.navigation.currentEntry?.index ?? 0) : 0;
}
