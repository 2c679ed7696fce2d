'use client';

import { useEffect, useState } from 'react';

import { api, outcome, type Result } from '@/api/browser';
import { useLocale, useTexts } from '@/i18n/texts';
import { Button, ButtonLink } from '@/ui/button';
import { Notice } from '@/ui/notice';

import { FailureNotice } from './failure-notice';
import { useToken } from './use-token';

/** Proves the address as soon as the mailed link is opened; a link works once, so it is asked only once. */
export function Verify() {
  const t = useTexts('account');
  const locale = useLocale();
  const token = useToken();
  const [attempt, setAttempt] = useState(0);
  const [result, setResult] = useState<Result<unknown> | null>(null);
  useEffect(() => {
    if (!token) return;
    let current = true;
    const timer = setTimeout(() => {
      void outcome(api.POST('/v1/users/verify', { body: { token } })).then((answer) => {
        if (current) setResult(answer);
      });
    });
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [token, attempt]);

  if (result?.ok) {
    return (
      <div className="grid gap-4">
        <Notice tone="good" title={t('verified')} />
        <ButtonLink href={`/${locale}/account`}>{t('to_account')}</ButtonLink>
      </div>
    );
  }
  const failure = result?.failure ?? null;
  if (token === '' || (failure && failure.status >= 400 && failure.status < 500 && failure.status !== 429)) {
    return (
      <div className="grid gap-4">
        <Notice tone="bad" title={t('link_stale')} />
        <ButtonLink href={`/${locale}/account`}>{t('to_account')}</ButtonLink>
      </div>
    );
  }
  if (failure) {
    return (
      <div className="grid gap-4">
        <FailureNotice failure={failure} />
        <Button
          onClick={() => {
            setResult(null);
            setAttempt(attempt + 1);
          }}
        >
          {t('retry')}
        </Button>
      </div>
    );
  }
  return <Notice title={t('verifying')} />;
}
