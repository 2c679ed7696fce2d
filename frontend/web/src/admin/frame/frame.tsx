'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';

import { signOut } from '@/account/calls';
import { noteSession } from '@/api/session';
import { isLocale, LANGUAGES, LOCALES } from '@/i18n/locales';
import { Offline } from '@/shop/offline';
import { Icon } from '@/ui/icons';
import { ThemeSwitch } from '@/ui/theme-switch';

import { AdminTexts, useAdmin } from './admin-texts';
import { KeySheet } from './key-sheet';
import { chooseLanguage } from './language';
import { Palette } from './palette';
import { PLACES } from './places';
import { Shop } from './shop';
import { leaving, Staff, useStaff } from './staff';
import { Toasts } from './toasts';
import { mayLeave } from './unsaved';
import { useKeys } from './use-keys';

/** What is around every page of the back office. */
export function Frame({ shop, children }: { shop: string; children: ReactNode }) {
  return (
    <AdminTexts>
      <Staff>
        <Toasts>
          <Shop value={shop}>
            <Desk shop={shop}>{children}</Desk>
          </Shop>
        </Toasts>
      </Staff>
    </AdminTexts>
  );
}

function Desk({ shop, children }: { shop: string; children: ReactNode }) {
  const { t } = useAdmin();
  const [finding, setFinding] = useState(false);
  const [sheet, setSheet] = useState(false);
  const find = useCallback(() => {
    setFinding(true);
  }, []);
  const help = useCallback(() => {
    setSheet(true);
  }, []);
  useKeys(find, help);
  return (
    <div className="lg:grid lg:min-h-dvh lg:grid-cols-[15rem_1fr]">
      <a
        href="#content"
        className="sr-only z-50 rounded-b-xl bg-leaf px-4 py-2 text-on-leaf focus:not-sr-only focus:absolute focus:left-4"
      >
        {t('skip')}
      </a>
      <header className="grid grid-cols-[1fr_auto_auto] items-center gap-x-2 gap-y-3 border-b border-line bg-stall px-4 py-3 lg:sticky lg:top-0 lg:flex lg:h-dvh lg:flex-col lg:items-stretch lg:gap-4 lg:border-r lg:border-b-0 lg:p-4">
        <Link href="/admin" prefetch={false} className="block truncate font-display text-xl font-bold">
          {shop}
        </Link>
        <button
          type="button"
          onClick={find}
          className="flex min-h-11 items-center gap-2 rounded-xl border border-line px-3 text-sm text-soft hover:border-soft lg:w-full"
        >
          <Icon name="search" className="size-4" />
          <span>{t('palette')}</span>
          <kbd className="ml-auto hidden rounded bg-sunken px-1.5 font-sans text-xs sm:block">Ctrl K</kbd>
        </button>
        <Settings help={help} />
        <Places />
      </header>
      <main id="content" tabIndex={-1} className="min-w-0 p-4 outline-none sm:p-6 lg:p-8">
        <div className="-mx-4 -mt-4 mb-4 empty:hidden sm:-mx-6 sm:-mt-6 lg:-mx-8 lg:-mt-8">
          <Offline />
        </div>
        {children}
      </main>
      <Palette
        open={finding}
        onClose={() => {
          setFinding(false);
        }}
      />
      <KeySheet
        open={sheet}
        onClose={() => {
          setSheet(false);
        }}
      />
    </div>
  );
}

function Places() {
  const { t } = useAdmin();
  const path = usePathname();
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // On a phone the places are a row, wider than the screen.
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [path]);
  return (
    <nav
      aria-label={t('title')}
      className="col-span-3 -mx-4 overflow-x-auto px-4 lg:mx-0 lg:min-h-0 lg:overflow-y-auto lg:px-0"
    >
      <ul ref={list} className="flex gap-1 lg:flex-col">
        {PLACES.map((place) => {
          const here = path === place.path || (place.path !== '/admin' && path.startsWith(`${place.path}/`));
          return (
            <li key={place.path}>
              <Link
                href={place.path}
                prefetch={false}
                aria-current={here ? 'page' : undefined}
                className="flex min-h-11 items-center gap-3 rounded-xl px-3 font-medium whitespace-nowrap hover:bg-sunken aria-[current]:bg-leaf-soft"
              >
                <Icon name={place.icon} />
                {t(place.name)}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function Settings({ help }: { help: () => void }) {
  const { t, locale } = useAdmin();
  const me = useStaff();
  async function leave() {
    if (!mayLeave()) return;
    await signOut();
    leaving.current = true;
    noteSession(false);
    window.location.assign(`/${locale}`);
  }
  return (
    <details className="relative lg:order-last lg:mt-auto">
      <summary className="flex size-11 list-none items-center justify-center gap-3 rounded-xl text-sm font-medium hover:bg-sunken lg:w-full lg:justify-start lg:px-3">
        <Icon name="person" />
        <span className="truncate max-lg:sr-only">{me.name}</span>
      </summary>
      <div className="grid gap-2 px-3 py-2 text-sm max-lg:absolute max-lg:top-full max-lg:right-0 max-lg:z-40 max-lg:mt-2 max-lg:w-64 max-lg:rounded-xl max-lg:border max-lg:border-line max-lg:bg-stall max-lg:shadow-stall">
        <label className="flex items-center gap-2">
          <span className="text-soft">{t('language')}</span>
          <select
            className="rounded-lg border border-line bg-stall px-2 py-1.5"
            value={locale}
            onChange={(event) => {
              if (isLocale(event.target.value)) chooseLanguage(event.target.value);
            }}
          >
            {LOCALES.map((one) => (
              <option key={one} value={one}>
                {LANGUAGES[one]}
              </option>
            ))}
          </select>
        </label>
        <ThemeSwitch />
        <button type="button" onClick={help} className="py-2 text-left text-leaf underline underline-offset-4">
          {t('keys_show')}
        </button>
        <a href={`/${locale}`} className="py-2 text-leaf underline underline-offset-4">
          {t('to_shop')}
        </a>
        <button type="button" onClick={leave} className="py-2 text-left text-leaf underline underline-offset-4">
          {t('sign_out')}
        </button>
      </div>
    </details>
  );
}
