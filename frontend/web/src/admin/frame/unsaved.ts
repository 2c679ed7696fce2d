'use client';

import { useEffect } from 'react';

import { useAdmin } from './admin-texts';

const questions = new Set<string>();

/** Whether the page may be left: asks whoever typed something there that is not saved. */
export function mayLeave(): boolean {
  const [question] = questions;
  return question === undefined || window.confirm(question);
}

/** While `dirty`, leaving the page by a link, a key or the browser asks first. */
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
      const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.getAttribute('href')?.startsWith('#'))
        return;
      if (mayLeave()) {
        window.removeEventListener('beforeunload', warn); // One question is enough.
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    };
    window.addEventListener('beforeunload', warn);
    document.addEventListener('click', click, true);
    return () => {
      questions.delete(question);
      window.removeEventListener('beforeunload', warn);
      document.removeEventListener('click', click, true);
    };
  }, [dirty, t]);
}
