import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';

import { AccountFrame } from '@/account/account-frame';
import { isLocale } from '@/i18n/locales';
import { textsOf } from '@/i18n/messages';
import { Texts } from '@/i18n/texts';

export default async function Layout({
  children,
  params,
}: {
  children: ReactNode;
  params: Promise<{ locale: string }>;
}) {
  const { locale } = await params;
  if (!isLocale(locale)) notFound();
  return (
    <Texts locale={locale} texts={textsOf(locale, 'account')}>
      <AccountFrame>{children}</AccountFrame>
    </Texts>
  );
}
