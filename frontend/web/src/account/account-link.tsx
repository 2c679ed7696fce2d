'use client';

import Link from 'next/link';

import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { Icon } from '@/ui/icons';

import { useSignedIn } from './session';

export function AccountLink({ locale }: { locale: Locale }) {
  const t = useTexts('common');
  const signedIn = useSignedIn();
  return (
    <Link
      href={signedIn ? `/${locale}/account` : `/${locale}/sign-in`}
      prefetch={false}
      aria-label={signedIn ? t('account') : t('sign_in')}
      className="relative rounded-full p-2.5 hover:bg-sunken"
    >
      <Icon name="person" className="size-6" />
      {signedIn ? <span className="absolute top-2 right-2 size-2.5 rounded-full bg-leaf ring-2 ring-paper" /> : null}
    </Link>
  );
}
