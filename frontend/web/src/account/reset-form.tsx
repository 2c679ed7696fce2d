'use client';

import { useState } from 'react';

import { api, outcome } from '@/api/browser';
import { noteSession } from '@/api/session';
import { useLocale, useTexts } from '@/i18n/texts';
import { Button, ButtonLink } from '@/ui/button';
import { Notice } from '@/ui/notice';

import { FailureNotice } from './failure-notice';
import { useFieldWords } from './field-words';
import { PasswordField } from './password-field';
import { exact, useSubmit } from './use-submit';
import { useToken } from './use-token';

export function ResetForm() {
  const t = useTexts('account');
  const locale = useLocale();
  const token = useToken();
  const [done, setDone] = useState(false);
  const { submit, busy, failure, errors } = useSubmit(
    (values) => {
      const body = { token: token ?? '', password: exact(values, 'password') };
      return outcome(api.POST('/v1/password-resets/confirm', { body }));
    },
    () => {
      noteSession(false); // A new password ends all sessions, this browser's too.
      setDone(true);
    },
  );
  const words = useFieldWords(errors);
  const stale = token === '' || errors['token'] !== undefined;
  return (
    <div className="grid gap-4">
      {done ? (
        <>
          <Notice tone="good" title={t('reset_done')} />
          <ButtonLink href={`/${locale}/sign-in`}>{t('sign_in')}</ButtonLink>
        </>
      ) : stale ? (
        <>
          <Notice tone="bad" title={t('link_stale')} />
          <ButtonLink href={`/${locale}/forgot`}>{t('forgot_send')}</ButtonLink>
        </>
      ) : (
        <form onSubmit={submit} className="grid gap-4" noValidate>
          <FailureNotice failure={failure} refused={t('link_stale')} />
          <PasswordField fresh error={words['password']} />
          <Button type="submit" busy={busy}>
            {t('reset_save')}
          </Button>
        </form>
      )}
    </div>
  );
}
