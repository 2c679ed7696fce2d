'use client';

import { useState } from 'react';

import { api, outcome } from '@/api/browser';
import { useLocale, useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';
import { Field } from '@/ui/field';
import { Notice } from '@/ui/notice';

import { FailureNotice } from './failure-notice';
import { useFieldWords } from './field-words';
import { exact, useSubmit } from './use-submit';

export function ForgotForm() {
  const t = useTexts('account');
  const locale = useLocale();
  const [sent, setSent] = useState(false);
  const { submit, busy, failure, errors } = useSubmit(
    (values) => {
      const body = { email: exact(values, 'email') };
      return outcome(api.POST('/v1/password-resets', { body, headers: { 'accept-language': locale } }));
    },
    () => {
      setSent(true);
    },
  );
  const words = useFieldWords(errors);
  if (sent) return <Notice tone="good" title={t('forgot_sent')} />;
  return (
    <form onSubmit={submit} className="grid gap-4" noValidate>
      <FailureNotice failure={failure} />
      <Field name="email" type="email" label={t('email')} autoComplete="username" required error={words['email']} />
      <Button type="submit" busy={busy}>
        {t('forgot_send')}
      </Button>
    </form>
  );
}
