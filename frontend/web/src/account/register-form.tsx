'use client';

import Link from 'next/link';

import { api, outcome } from '@/api/browser';
import { useLocale, useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';
import { Field } from '@/ui/field';

import { FailureNotice } from './failure-notice';
import { useFieldWords } from './field-words';
import { NoCookies } from './no-cookies';
import { PasswordField } from './password-field';
import { signIn } from './sign-in-form';
import { exact, typed, useSubmit } from './use-submit';
import { wayBack } from './where';

export function RegisterForm() {
  const t = useTexts('account');
  const locale = useLocale();
  const { submit, busy, failure, errors } = useSubmit(
    async (values) => {
      const email = exact(values, 'email');
      const password = exact(values, 'password');
      const body = { email, password, name: typed(values, 'name') ?? '' };
      const opened = await outcome(api.POST('/v1/users', { body, headers: { 'accept-language': locale } }));
      // The answer does not tell whether the address had an account before; whether the password fits it does.
      return opened.ok ? signIn(email, password) : opened;
    },
    () => {
      window.location.assign(wayBack(window.location.search, locale));
    },
  );
  const words = useFieldWords(errors);
  return (
    <form onSubmit={submit} className="grid gap-4" noValidate>
      <NoCookies />
      <FailureNotice failure={failure} refused={t('has_account')} />
      <Field name="name" label={t('name')} autoComplete="name" required maxLength={200} error={words['name']} />
      <Field name="email" type="email" label={t('email')} autoComplete="username" required error={words['email']} />
      <PasswordField fresh error={words['password']} />
      <Button type="submit" busy={busy}>
        {t('open_account')}
      </Button>
      <p className="text-sm">
        <Link href={`/${locale}/sign-in`} className="inline-block py-2 text-leaf underline underline-offset-4">
          {t('have_account')}
        </Link>
      </p>
    </form>
  );
}
