'use client';

import { useSyncExternalStore } from 'react';

import { keep, readKept } from '@/api/kept';
import { isLocale, LOCALES, type Locale } from '@/i18n/locales';

const KEY = 'feira.admin_locale';
const CHANGED = 'feira:admin_locale';

function listen(changed: () => void) {
  window.addEventListener(CHANGED, changed);
  window.addEventListener('storage', changed);
  return () => {
    window.removeEventListener(CHANGED, changed);
    window.removeEventListener('storage', changed);
  };
}

function current(): Locale {
  const kept = readKept(KEY) ?? '';
  if (isLocale(kept)) return kept;
  const base = navigator.language.slice(0, 2);
  return LOCALES.find((locale) => locale.startsWith(base)) ?? LOCALES[0];
}

/** The language of the back office: the browser's until another is chosen, for its addresses are the same in all. */
export function useLanguage(): Locale {
  return useSyncExternalStore(listen, current, () => LOCALES[0]);
}

export function chooseLanguage(locale: Locale): void {
  keep(KEY, locale);
  window.dispatchEvent(new Event(CHANGED));
}
