'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useEffect, type ReactNode } from 'react';

import { noteSession } from '@/api/session';
import { useLocale, useTexts } from '@/i18n/texts';

import { signOut } from './calls';
import { useSignedIn } from './session';
import { signInAddress } from './where';

const PLACES = [
  ['', 'overview'],
  ['/orders', 'orders'],
  ['/addresses', 'addresses'],
  ['/profile', 'profile'],
] as const;

/** What all pages of an account share; whoever is not signed in is led to where that can be done, and back. */
export function AccountFrame({ children }: { children: ReactNode }) {
  const t = useTexts('account');
  const locale = useLocale();
  const path = usePathname();
  const signedIn = useSignedIn();
  useEffect(() => {
    if (signedIn === false) window.location.replace(signInAddress(locale, path));
  }, [signedIn, locale, path]);

  async function leave() {
    await signOut();
    noteSession(false);
    window.location.assign(`/${locale}`);
  }

  return (
    <div className="shell grid grid-cols-[minmax(0,1fr)] gap-8 py-10 md:grid-cols-[13rem_minmax(0,1fr)]">
      <nav aria-label={t('account')}>
        <ul className="flex flex-wrap gap-1 md:flex-col">
          {PLACES.map(([place, name]) => (
            <li key={name}>
              <Link
                href={`/${locale}/account${place}`}
                prefetch={false}
                aria-current={path === `/${locale}/account${place}` ? 'page' : undefined}
                className="block min-h-11 rounded-xl px-3 py-2.5 font-medium hover:bg-sunken aria-[current]:bg-leaf-soft"
              >
                {t(name)}
              </Link>
            </li>
          ))}
          <li>
            <button
              type="button"
              onClick={leave}
              className="block min-h-11 w-full rounded-xl px-3 py-2.5 text-left font-medium text-soft hover:bg-sunken"
            >
              {t('sign_out')}
            </button>
          </li>
        </ul>
      </nav>
      <div className="min-h-96 min-w-0">{signedIn === true ? children : <Waiting />}</div>
    </div>
  );
}

/** The shape of what is on its way. */
export function Waiting() {
  const t = useTexts('account');
  return (
    <div aria-busy="true" className="grid gap-4">
      <p className="sr-only">{t('loading')}</p>
      <div className="h-9 w-56 rounded-xl bg-sunken" />
      <div className="h-28 rounded-stall bg-sunken" />
      <div className="h-28 rounded-stall bg-sunken" />
    </div>
  );
}
