'use client';

import { useTexts } from '@/i18n/texts';

import { Choice } from '../choice';

import type { PaymentMethod } from './fields';

type Props = {
  methods: readonly PaymentMethod[];
  chosen: PaymentMethod | undefined;
  onChoose: (method: PaymentMethod | undefined) => void;
};

/** Which way to pay, where there is more than one. */
export function PaymentChoice({ methods, chosen, onChoose }: Props) {
  const t = useTexts('checkout');
  if (methods.length < 2) return null;
  return (
    <div role="radiogroup" aria-label={t('payment')} className="mb-4 space-y-2">
      {methods.map((method) => (
        <Choice
          key={method.id}
          name="payment.method"
          value={method.id}
          checked={method.id === chosen?.id}
          onChoose={() => {
            onChoose(method);
          }}
          title={method.name}
        />
      ))}
    </div>
  );
}
