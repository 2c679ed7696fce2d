'use client';

import { useState } from 'react';

import { useTexts } from '@/i18n/texts';
import { Field } from '@/ui/field';

const LENGTH_MIN = 8;
const LENGTH_MAX = 128;

export function PasswordField({ fresh = false, error }: { fresh?: boolean; error?: string | undefined }) {
  const t = useTexts('account');
  const [shown, setShown] = useState(false);
  return (
    <Field
      name="password"
      type={shown ? 'text' : 'password'}
      label={fresh ? t('new_password') : t('password')}
      hint={fresh ? t('password_hint', { count: LENGTH_MIN }) : undefined}
      autoComplete={fresh ? 'new-password' : 'current-password'}
      required
      minLength={fresh ? LENGTH_MIN : undefined}
      maxLength={LENGTH_MAX}
      error={error}
      trailing={
        <button
          type="button"
          aria-pressed={shown}
          className="absolute inset-y-0 right-1 min-w-11 px-2 text-sm font-medium text-leaf"
          onClick={() => {
            setShown(!shown);
          }}
        >
          {shown ? t('hide') : t('show')}
        </button>
      }
    />
  );
}
