'use client';

import { useEffect, useRef, useState } from 'react';

import type { components } from '@/api/schema';
import { cart as basket } from '@/cart/cart';
import { shortLines, type Cart, type CartState } from '@/cart/state';
import type { Locale } from '@/i18n/locales';
import { useTexts } from '@/i18n/texts';
import { Notice } from '@/ui/notice';

import { CameOfIt } from './came-of-it';
import { Contact } from './contact';
import { Delivery } from './delivery';
import { addressWords } from './field-faults';
import { PayButton } from './pay-button';
import { PAYMENT_FIELDS, type PaymentHandle } from './payment/fields';
import { PaymentChoice } from './payment/payment-choice';
import { Section } from './section';
import { Shipping } from './shipping';
import { ShortLines } from './short-lines';
import { Summary } from './summary';
import { useBeginning } from './use-beginning';
import { useOrderForm } from './use-order-form';
import type { usePlacing } from './use-placing';

export type Shop = components['schemas']['ShopView'];

type Props = {
  cart: Cart;
  state: CartState;
  shop: Shop;
  locale: Locale;
  placing: ReturnType<typeof usePlacing>;
  round: number;
};

export function CheckoutForm({ cart, state, shop, locale, placing, round }: Props) {
  const t = useTexts('checkout');
  const { busy, outcome, secondsLeft } = placing;
  const form = useOrderForm({ cart, settling: state.settling, outcome, round }, placing.place);
  const customer = useBeginning(form.draft, shop);
  const [method, setMethod] = useState(shop.payment_methods[0]);
  const element = useRef<HTMLFormElement>(null);
  const payment = useRef<PaymentHandle>(null);
  const came = useRef<HTMLDivElement>(null);
  const { quote, settled, failure } = form.quoted;
  const wrong = Object.keys(form.words).length;

  useEffect(() => {
    if (outcome?.kind === 'invalid' && element.current) {
      element.current.querySelector<HTMLElement>('[aria-invalid]')?.focus();
    } else if (outcome) came.current?.focus();
  }, [outcome]);

  // Ordered in another tab, no longer this buyer's, or with goods that have left the shop: the cart itself says so.
  useEffect(() => {
    if (failure?.status === 404 || failure?.status === 409) void basket.refresh();
  }, [failure]);

  // What was decided about is gone from the page, and the focus with it.
  const short = shortLines(cart).length;
  useEffect(() => {
    if (document.activeElement === document.body) came.current?.focus({ preventScroll: true });
  }, [short]);

  const Fields = method ? PAYMENT_FIELDS[method.kind] : null;
  return (
    <div className="items-start gap-8 max-lg:space-y-5 lg:grid lg:grid-cols-[minmax(0,1fr)_24rem] xl:gap-12">
      <Summary cart={cart} notes={state.notes} quote={quote} settled={settled} locale={locale} />
      <form
        ref={element}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && method) void form.submit(event.currentTarget, method.id, payment);
        }}
      >
        <fieldset disabled={busy} className="min-w-0 space-y-5">
          <Contact
            email={form.draft.email}
            error={form.words['email']}
            customer={customer}
            locale={locale}
            onChange={(email) => {
              form.change({ email });
            }}
          />
          <Delivery
            address={form.draft.address}
            saved={customer?.addresses ?? []}
            countries={shop.countries}
            errors={addressWords(form.words)}
            onChange={form.changeAddress}
          />
          <Shipping
            quote={quote}
            chosen={form.draft.shippingMethod}
            failure={failure}
            locale={locale}
            onAgain={form.quoted.ask}
            onChoose={(shippingMethod) => {
              form.change({ shippingMethod });
            }}
          />
          <Section title={t('payment')}>
            <PaymentChoice
              methods={shop.payment_methods}
              chosen={method}
              onChoose={(chosen) => {
                form.release();
                setMethod(chosen);
              }}
            />
            {method && Fields ? <Fields method={method} ref={payment} error={form.unpaid} /> : null}
            <p className="mt-3 text-sm text-soft">{t('card_private')}</p>
          </Section>
        </fieldset>
        <div ref={came} tabIndex={-1} className="mt-5 space-y-5 outline-none">
          {outcome ? (
            <CameOfIt
              outcome={outcome}
              seen={form.seen}
              secondsLeft={secondsLeft}
              locale={locale}
              onAgain={placing.resend}
              onStop={placing.giveUp}
            />
          ) : null}
          {form.other ? <Notice tone="bad">{form.other}</Notice> : null}
          <ShortLines cart={cart} notes={state.notes} locale={locale} />
        </div>
        <p role="status" className="mt-5 min-h-6 text-center text-sm text-berry">
          {wrong > 0 ? t('faults', { count: wrong }) : null}
        </p>
        <PayButton
          busy={busy}
          press={form.press}
          total={quote?.total ?? null}
          failure={failure}
          isToConfirm={outcome?.kind === 'dearer'}
          locale={locale}
        />
      </form>
    </div>
  );
}
