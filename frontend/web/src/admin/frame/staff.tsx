'use client';

import { createContext, use, useEffect, type ReactNode } from 'react';

import { askMe, type Me } from '@/account/calls';
import { useSignedIn } from '@/account/session';
import { useMine } from '@/account/use-mine';
import { signInAddress } from '@/account/where';
import { Button, buttonLook } from '@/ui/button';

import { useAdmin } from './admin-texts';
import { Trouble } from './trouble';

const Who = createContext<Me | null>(null);

/** Lets staff in, leads those who are not signed in to where they can be, and tells all others that this is not for them. */
export function Staff({ children }: { children: ReactNode }) {
  const { locale } = useAdmin();
  const signedIn = useSignedIn();
  useEffect(() => {
    if (signedIn === false) window.location.replace(signInAddress(locale, window.location.pathname));
  }, [signedIn, locale]);
  return signedIn ? <Known>{children}</Known> : null;
}

function Known({ children }: { children: ReactNode }) {
  const { t, locale } = useAdmin();
  const { data, failure, reload } = useMine(askMe);
  if (failure) {
    return (
      <main className="shell py-16">
        <Trouble failure={failure} />
        <Button look="quiet" className="mt-4" onClick={reload}>
          {t('retry')}
        </Button>
      </main>
    );
  }
  if (!data) return null;
  if (data.role === 'customer') {
    return (
      <main className="shell py-16">
        <h1 className="mb-4 text-3xl">{t('forbidden')}</h1>
        <a className={buttonLook('quiet')} href={`/${locale}`}>
          {t('to_shop')}
        </a>
      </main>
    );
  }
  return <Who value={data}>{children}</Who>;
}

/** Who is at work here. */
export function useStaff(): Me {
  const me = use(Who);
  if (!me) throw new Error('No <Staff> is around this');
  return me;
}
