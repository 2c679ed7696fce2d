'use client';

import type { Failure } from '@/api/problem';
import { failureWords } from '@/cart/failure-words';
import { formatMoney } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';
import { Notice } from '@/ui/notice';

import { Choice } from './choice';
import { Section } from './section';
import type { Quote } from './use-quote';

type Props = {
  quote: Quote | null;
  chosen: string | null;
  failure: Failure | null;
  locale: Locale;
  onChoose: (method: string) => void;
  onAgain: () => void;
};

/** The ways to send it, with what they cost and how long they take. */
export function Shipping({ quote, chosen, failure, locale, onChoose, onAgain }: Props) {
  const t = useTexts('checkout');
  const cartTexts = useTexts('cart');
  const methods = quote?.shipping_methods ?? [];
  const current = methods.find((method) => method.id === chosen)?.id ?? quote?.shipping_method;
  return (
    <Section title={t('shipping')}>
      {failure && failure.status !== 422 && failure.status !== 404 ? (
        <Notice tone="bad" title={t('quote_failed')}>
          <p>{failureWords(failure, cartTexts)}</p>
          <Button look="plain" className="px-0!" onClick={onAgain}>
            {t('try_again')}
          </Button>
        </Notice>
      ) : null}
      <div role="radiogroup" aria-label={t('shipping')} className="min-h-14 space-y-2">
        {methods.map((method) => (
          <Choice
            key={method.id}
            name="shipping_method"
            value={method.id}
            checked={method.id === current}
            onChoose={onChoose}
            title={method.name}
            detail={t('days', { count: method.days })}
            trailing={method.price.amount === 0 ? t('free') : formatMoney(method.price, locale)}
          />
        ))}
        {methods.length === 0 && !failure ? <p className="py-3 text-soft">{t('shipping_wait')}</p> : null}
      </div>
    </Section>
  );
}
