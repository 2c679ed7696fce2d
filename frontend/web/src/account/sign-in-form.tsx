'use client';

import Link from 'next/link';

import { api, outcome } from '@/api/browser';
import { noteSession } from '@/api/session';
import { claimCart } from '@/cart/cart';
import { useLocale, useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';
import { Field } from '@/ui/field';

import { FailureNotice } from './failure-notice';
import { useFieldWords } from './field-words';
import { NoCookies } from './no-cookies';
import { PasswordField } from './password-field';
import { exact, useSubmit } from './use-submit';
import { wayBack } from './where';

/** Signs in with cookies that no script can read, and takes the guest's cart along. */
export async function signIn(email: string, password: string) {
  const result = await outcome(api.POST('/v1/sessions/browser', { body: { email, password } }));
  if (result.ok) {
    noteSession(true);
    await claimCart();
  }
  return result;
}

export function SignInForm() {
  const t = useTexts('account');
  const locale = useLocale();
  const { submit, busy, failure, errors } = useSubmit(
    (values) => signIn(exact(values, 'email'), exact(values, 'password')),
    () => {
      // Another document: everything on it is now asked for as this customer.
      window.location.assign(wayBack(window.location.search, locale));
    },
  );
  const words = useFieldWords(errors);
  return (
    <form onSubmit={submit} className="grid gap-4" noValidate>
      <NoCookies />
      <FailureNotice failure={failure} refused={t('wrong_password')} />
      <Field name="email" type="email" label={t('email')} autoComplete="username" required error={words['email']} />
      <PasswordField error={words['password']} />
      <Button type="submit" busy={busy}>
        {t('sign_in')}
      </Button>
      <p className="flex flex-wrap justify-between gap-2 text-sm">
        <Link href={`/${locale}/forgot`} className="py-2 text-leaf underline underline-offset-4">
          {t('forgot')}
        </Link>
        <Link href={`/${locale}/register`} className="py-2 text-leaf underline underline-offset-4">
          {t('open_account')}
        </Link>
      </p>
    </form>
  );
}
