'use client';

import { createContext, use, useEffect, type ReactNode } from 'react';

import { askMe, type Me } from '@/account/calls';
import { useSignedIn } from '@/account/session';
import { useMine } from '@/account/use-mine';
import { signInAddress } from '@/account/where';
import { Button, buttonLook } from '@/ui/button';

import { useAdmin } from './admin-texts';
import { SignInAgain } from './sign-in-again';
import { Trouble } from './trouble';

const Who = createContext<Me | null>(null);

/** Set when somebody signs out on purpose, who is not asked to sign in again. */
export const leaving = { current: false };

/** Lets staff in, leads those who are not signed in to where they can be, and tells all others that this is not for them. */
export function Staff({ children }: { children: ReactNode }) {
  const { t, locale } = useAdmin();
  const signedIn = useSignedIn();
  const { data, failure, reload } = useMine(askMe);
  const isOut = signedIn === false && !leaving.current;
  const isStranger = isOut && !data;
  useEffect(() => {
    const { pathname, search } = window.location;
    if (isStranger) window.location.replace(signInAddress(locale, pathname + search));
  }, [isStranger, locale]);

  if (data?.role === 'customer') {
    return (
      <main className="shell py-16">
        <title>{t('title')}</title>
        <h1 className="mb-4 text-3xl">{t('forbidden')}</h1>
        <a className={buttonLook('quiet')} href={`/${locale}`}>
          {t('to_shop')}
        </a>
      </main>
    );
  }
  if (data) {
    // The page stays as it is below, with all that was typed there.
    return (
      <Who value={data}>
        {children}
        {isOut ? <SignInAgain me={data} /> : null}
      </Who>
    );
  }
  if (!failure || isStranger) return null;
  return (
    <main className="shell py-16">
      <title>{t('title')}</title>
      <h1 className="sr-only">{t('title')}</h1>
      <Trouble failure={failure} />
      <Button look="quiet" className="mt-4" onClick={reload}>
        {t('retry')}
      </Button>
    </main>
  );
}

/** Who is at work here. */
export function useStaff(): Me {
  const me = use(Who);
  if (!me) throw new Error('No <Staff> is around this');
  return me;
}
