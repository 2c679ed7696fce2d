'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useEffect, useState, type ReactNode } from 'react';

import { noteSession } from '@/api/session';
import { useLocale, useTexts } from '@/i18n/texts';
import { Icon } from '@/ui/icons';

import { signOut } from './calls';
import { useSignedIn } from './session';
import { signInAddress } from './where';

const PLACES = [
  ['', 'overview', 'home'],
  ['/orders', 'orders', 'basket'],
  ['/addresses', 'addresses', 'pin'],
  ['/profile', 'profile', 'person'],
] as const;

/** What all pages of an account share; whoever is not signed in is led to where that can be done, and back. */
export function AccountFrame({ children }: { children: ReactNode }) {
  const t = useTexts('account');
  const locale = useLocale();
  const path = usePathname();
  const signedIn = useSignedIn();
  const [stuck, setStuck] = useState(false);
  useEffect(() => {
    if (signedIn === false) window.location.replace(signInAddress(locale, path));
  }, [signedIn, locale, path]);

  async function leave() {
    const left = await signOut();
    // Nobody is told to be signed out who is not.
    setStuck(!left.ok && left.failure.status !== 401);
    if (!left.ok && left.failure.status !== 401) return;
    noteSession(false);
    window.location.assign(`/${locale}`);
  }

  return (
    <div className={FRAME}>
      <nav aria-label={t('account')}>
        <ul className="grid grid-cols-4 rounded-stall bg-sunken p-1 md:flex md:flex-col md:gap-1 md:bg-transparent md:p-0">
          {PLACES.map(([place, name, icon]) => (
            <li key={name} className="min-w-0">
              <Link
                href={`/${locale}/account${place}`}
                prefetch={false}
                aria-current={path === `/${locale}/account${place}` ? 'page' : undefined}
                className={PLACE}
              >
                <Icon name={icon} />
                {t(name)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      {/* On a narrow screen it is what is left to do at the end. */}
      <div className="max-md:order-last max-md:border-t max-md:border-line max-md:pt-2">
        <button
          type="button"
          onClick={leave}
          className="block min-h-11 rounded-xl px-3 py-2.5 text-left font-medium text-soft hover:bg-sunken max-md:-mx-3 md:w-full"
        >
          {t('sign_out')}
        </button>
        <p role="alert" className="px-3 text-sm text-berry empty:hidden max-md:px-0">
          {stuck ? t('sign_out_failed') : null}
        </p>
      </div>
      <div className="min-h-96 min-w-0 md:col-start-2 md:row-span-2 md:row-start-1">
        {signedIn === true ? children : <Waiting />}
      </div>
    </div>
  );
}

const FRAME =
  'shell grid grid-cols-[minmax(0,1fr)] gap-x-8 gap-y-7 py-6 md:grid-cols-[13rem_minmax(0,1fr)] md:grid-rows-[auto_1fr] md:gap-y-1 md:py-10';
const PLACE =
  'flex min-h-14 flex-col items-center justify-center gap-1 rounded-xl px-0.5 py-1.5 text-center text-xs font-medium wrap-anywhere text-soft hover:text-ink aria-[current]:bg-stall aria-[current]:text-ink aria-[current]:shadow-stall min-[360px]:text-sm md:min-h-11 md:flex-row md:justify-start md:gap-3 md:px-3 md:text-base md:text-ink md:hover:bg-sunken md:aria-[current]:bg-leaf-soft md:aria-[current]:shadow-none';

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
