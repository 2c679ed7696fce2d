'use client';

import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react';

import type admin from '#messages/en/admin.json';
import type common from '#messages/en/common.json';
import type { Locale } from '@/i18n/locales';
import { Texts } from '@/i18n/texts';
import { translate, type KeyOf, type Translate } from '@/i18n/translate';

import { useLanguage } from './language';

type Admin = typeof admin;
type Loaded = { locale: Locale; admin: Admin; common: typeof common };
export type AdminKey = KeyOf<Admin>;

// Written out, so that each language is a file of its own that only its speakers load.
const LANGUAGES: Record<Locale, () => Promise<[{ default: Admin }, { default: typeof common }]>> = {
  en: () => Promise.all([import('#messages/en/admin.json'), import('#messages/en/common.json')]),
  'pt-BR': () => Promise.all([import('#messages/pt-BR/admin.json'), import('#messages/pt-BR/common.json')]),
};

const Speech = createContext<{ locale: Locale; t: Translate<Admin> } | null>(null);

/** Brings the texts of the back office; shows nothing before they are there. */
export function AdminTexts({ children }: { children: ReactNode }) {
  const locale = useLanguage();
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  useEffect(() => {
    let current = true;
    void LANGUAGES[locale]().then(([ours, shared]) => {
      if (!current) return;
      document.documentElement.lang = locale;
      setLoaded({ locale, admin: ours.default, common: shared.default });
    });
    return () => {
      current = false;
    };
  }, [locale]);
  const value = useMemo(
    () => (loaded ? { locale: loaded.locale, t: translate(loaded.locale, loaded.admin) } : null),
    [loaded],
  );
  if (!loaded || !value) return null;
  return (
    <Texts locale={loaded.locale} texts={{ common: loaded.common }}>
      <Speech value={value}>{children}</Speech>
    </Texts>
  );
}

export function useAdmin(): { locale: Locale; t: Translate<Admin> } {
  const value = use(Speech);
  if (!value) throw new Error('No <AdminTexts> is around this');
  return value;
}
