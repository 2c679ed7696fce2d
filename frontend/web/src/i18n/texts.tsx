'use client';

import { createContext, use, useMemo, type ReactNode } from 'react';

import type { Locale } from './locales';
import type { Area, Messages } from './messages';
import { translate, type Translate } from './translate';

type Spoken = { locale: Locale; texts: Partial<Messages> };

const Speech = createContext<Spoken>({ locale: 'en', texts: {} });

/** Gives the components inside it texts of some areas, beside those that they have from further out. */
export function Texts({ locale, texts, children }: Spoken & { children: ReactNode }) {
  const outer = use(Speech).texts;
  const value = useMemo(() => ({ locale, texts: { ...outer, ...texts } }), [locale, outer, texts]);
  return <Speech value={value}>{children}</Speech>;
}

export function useLocale(): Locale {
  return use(Speech).locale;
}

/** The texts of an area, which a `<Texts>` further out must have brought. */
export function useTexts<A extends Area>(area: A): Translate<Messages[A]> {
  const { locale, texts } = use(Speech);
  return useMemo(() => {
    const found = texts[area];
    if (!found) throw new Error(`No <Texts> brings ${area}`);
    return translate(locale, found);
  }, [locale, texts, area]);
}
