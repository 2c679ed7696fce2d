'use client';

import Link from 'next/link';

import { signInAddress } from '@/account/where';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { Field } from '@/ui/field';

import { Section } from './section';
import type { Customer } from './use-customer';

type Props = {
  email: string;
  error: string | undefined;
  customer: Customer | null | undefined;
  locale: Locale;
  onChange: (email: string) => void;
};

export function Contact({ email, error, customer, locale, onChange }: Props) {
  const t = useTexts('checkout');
  const aside = customer ? (
    <p className="text-sm text-soft">{t('signed_in_as', { name: customer.me.name })}</p>
  ) : (
    <p className={`text-sm text-soft ${customer === null ? '' : 'invisible'}`}>
      {t('have_account')}{' '}
      <Link
        href={signInAddress(locale, `/${locale}/checkout`)}
        className="-my-3 inline-flex min-h-11 items-center font-semibold text-leaf underline underline-offset-4"
      >
        {t('sign_in')}
      </Link>
    </p>
  );
  return (
    <Section title={t('contact')} aside={aside}>
      <Field
        name="email"
        type="email"
        autoComplete="email"
        maxLength={254}
        label={t('email')}
        hint={t('email_hint')}
        value={email}
        error={error}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
    </Section>
  );
}
