'use client';

import { useImperativeHandle, useState } from 'react';

import { useTexts } from '@/i18n/texts';

import { Choice } from '../choice';

import type { PaymentFieldsProps } from './fields';

/** No card, but what shall come of the payment: for shops that are there to be tried. */
export function TestGateway({ method, ref, error }: PaymentFieldsProps) {
  const t = useTexts('checkout');
  const tokens = method.tokens ?? [];
  const [token, setToken] = useState(tokens[0]?.token ?? '');
  useImperativeHandle(ref, () => ({ take: () => Promise.resolve({ ok: true, token } as const) }), [token]);
  return (
    <fieldset>
      <legend className="mb-3 text-sm text-soft">{t('test_hint')}</legend>
      <div className="space-y-2">
        {tokens.map((one) => (
          <Choice
            key={one.token}
            name="payment.token"
            value={one.token}
            checked={one.token === token}
            onChoose={setToken}
            title={t(`outcome_${one.outcome}`)}
            detail={<code className="text-sm text-soft">{one.token}</code>}
          />
        ))}
      </div>
      <p role="alert" className="mt-2 text-sm text-berry empty:hidden">
        {error}
      </p>
    </fieldset>
  );
}
