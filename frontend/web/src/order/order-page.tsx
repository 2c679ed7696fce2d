'use client';

import { useSyncExternalStore, type ReactNode } from 'react';

import { signInAddress } from '@/account/where';
import { failureWords } from '@/cart/failure-words';
import { wasJustBought } from '@/checkout/orders-kept';
import { formatDate, formatMoney } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { Button, ButtonLink } from '@/ui/button';
import { Icon } from '@/ui/icons';
import { Notice } from '@/ui/notice';

import { CancelOrder } from './cancel-order';
import { OrderLines } from './order-lines';
import { isCancellable, moodOf, stepsOf, type Order } from './steps';
import { Timeline } from './timeline';
import { useOrder, type Seen } from './use-order';

const nothing = () => () => undefined;

export function OrderPage({ id, locale }: { id: string; locale: Locale }) {
  const t = useTexts('order');
  const { seen, failure, retry, cancel } = useOrder(id);
  const isNew = useSyncExternalStore(
    nothing,
    () => wasJustBought(id),
    () => false,
  );
  if (seen) return <Shown seen={seen} isNew={isNew} locale={locale} cancel={cancel} />;
  if (!failure) return <Waiting />;
  if (failure.status === 404 || failure.status === 401) return <Missing id={id} locale={locale} />;
  return (
    <Failed title={t('failed_to_load')} retry={retry}>
      <FailureWords failure={failure} />
    </Failed>
  );
}

function Shown({
  seen: { order, happened },
  isNew,
  locale,
  cancel,
}: {
  seen: Seen;
  isNew: boolean;
  locale: Locale;
  cancel: ReturnType<typeof useOrder>['cancel'];
}) {
  const t = useTexts('order');
  return (
    <article>
      <Heading order={order} isNew={isNew} locale={locale} />
      <div className="mt-6 grid grid-cols-[minmax(0,1fr)] items-start gap-6 lg:mt-8 lg:grid-cols-[minmax(0,1fr)_24rem] lg:grid-rows-[auto_auto_1fr] xl:gap-x-10 print:block print:space-y-6">
        <Stall title={t('progress')} className="lg:col-start-2">
          <div aria-live="polite">
            <Timeline steps={stepsOf(order, happened)} locale={locale} />
          </div>
        </Stall>
        <Stall title={t('lines')} className="lg:col-start-1 lg:row-span-3 lg:row-start-1">
          <OrderLines order={order} locale={locale} />
        </Stall>
        <Stall title={t('delivery')} className="lg:col-start-2">
          <Address order={order} locale={locale} />
          <p className="mt-3 break-all text-soft">{order.email}</p>
        </Stall>
        <div className="flex flex-wrap gap-2 lg:col-start-2 print:hidden">
          <Button
            look="quiet"
            onClick={() => {
              window.print();
            }}
          >
            {t('print')}
          </Button>
          {isCancellable(order) ? <CancelOrder cancel={cancel} /> : null}
        </div>
      </div>
    </article>
  );
}

const TONES = {
  thanks: 'bg-leaf-soft',
  sent: 'bg-leaf-soft',
  pending: 'bg-sun-soft',
  refunded: 'bg-sun-soft',
  cancelled: 'bg-berry-soft',
  failed: 'bg-berry-soft',
  plain: '',
};

function Heading({ order, isNew, locale }: { order: Order; isNew: boolean; locale: Locale }) {
  const t = useTexts('order');
  const mood = moodOf(order, isNew);
  const values = {
    name: order.shipping_address.name.split(' ')[0] ?? '',
    email: order.email,
    amount: formatMoney(order.total, locale),
  };
  const number = t('number', { number: order.number });
  return (
    <header className={mood === 'plain' ? '' : `rounded-stall px-6 py-8 sm:px-10 sm:py-10 ${TONES[mood]}`}>
      <div role="status">
        <h1 className="text-3xl break-words sm:text-4xl">{mood === 'plain' ? number : t(`${mood}_title`, values)}</h1>
      </div>
      {mood === 'plain' || mood === 'sent' ? null : (
        <p className="mt-2 max-w-prose text-pretty break-words">{t(`${mood}_text`, values)}</p>
      )}
      <p className="mt-3 flex flex-wrap gap-x-4 text-soft">
        {mood === 'plain' ? null : <span>{number}</span>}
        <span>{t('placed_on', { date: formatDate(order.placed_at, locale) })}</span>
      </p>
    </header>
  );
}

function Address({ order: { shipping_address: to }, locale }: { order: Order; locale: Locale }) {
  const country = new Intl.DisplayNames(locale, { type: 'region' }).of(to.country) ?? to.country;
  const code = to.postal_code === '-' ? '' : to.postal_code;
  const place =
    to.country === 'BR'
      ? `${to.city}${to.region ? ` – ${to.region}` : ''}`
      : [to.city, to.region].filter(Boolean).join(', ');
  const lines = [to.name, to.line1, to.line2, place, code, country, to.phone].filter(Boolean);
  return (
    <address className="break-words not-italic">
      {lines.map((line, place) => (
        <span key={place} className="block first:font-semibold">
          {line}
        </span>
      ))}
    </address>
  );
}

function Stall({ title, className = '', children }: { title: string; className?: string; children: ReactNode }) {
  return (
    <section
      className={`rounded-stall border border-line bg-stall p-5 shadow-stall sm:p-7 print:border-0 print:p-0 print:shadow-none ${className}`}
    >
      <h2 className="mb-4 text-xl">{title}</h2>
      {children}
    </section>
  );
}

function Missing({ id, locale }: { id: string; locale: Locale }) {
  const t = useTexts('order');
  return (
    <div className="mx-auto max-w-lg py-10 text-center">
      <span className="mb-5 inline-grid size-20 place-items-center rounded-full bg-sun-soft">
        <Icon name="basket" className="size-9" />
      </span>
      <h1 className="text-3xl">{t('missing_title')}</h1>
      <p className="mt-2 mb-6 text-soft">{t('missing_text')}</p>
      <ButtonLink href={signInAddress(locale, `/${locale}/orders/${id}`)}>{t('sign_in')}</ButtonLink>
    </div>
  );
}

function Failed({ title, retry, children }: { title: string; retry: () => void; children: ReactNode }) {
  const common = useTexts('common');
  return (
    <div className="mx-auto max-w-lg py-10">
      <h1 className="mb-4 text-3xl">{title}</h1>
      <Notice tone="bad">{children}</Notice>
      <Button className="mt-4" onClick={retry}>
        {common('retry')}
      </Button>
    </div>
  );
}

function FailureWords({ failure }: { failure: Parameters<typeof failureWords>[0] }) {
  return <p>{failureWords(failure, useTexts('cart'))}</p>;
}

function Waiting() {
  const t = useTexts('order');
  const common = useTexts('common');
  return (
    <div role="status" aria-label={common('loading')}>
      <h1 className="text-3xl sm:text-4xl">{t('title')}</h1>
      <div className="mt-8 grid gap-6 lg:grid-cols-[1fr_24rem] xl:gap-10">
        <div className="h-96 animate-pulse rounded-stall bg-sunken" />
        <div className="h-96 animate-pulse rounded-stall bg-sunken max-lg:order-first" />
      </div>
    </div>
  );
}
