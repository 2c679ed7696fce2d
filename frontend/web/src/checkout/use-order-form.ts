'use client';

import { useState, type RefObject } from 'react';

import { fieldErrors } from '@/api/problem';
import type { components } from '@/api/schema';
import { shortLines, type Cart } from '@/cart/state';
import type { Money } from '@/i18n/format';
import { useTexts } from '@/i18n/texts';

import type { OrderBody } from './attempt';
import { addressBody, faultsOf, type AddressText, type Draft } from './draft';
import { changeAddress, changeDraft, useDraft } from './draft-store';
import { focusFirst, wordsOfFaults, wordsOfShop } from './field-faults';
import { isPostalCode } from './places';
import type { Outcome } from './outcome';
import type { PaymentHandle } from './payment/fields';
import { SHORT_LINES } from './short-lines';
import { usePress } from './use-press';
import { useQuote, type Quote } from './use-quote';

type Wanted = { cart: Cart; settling: boolean; outcome: Outcome | null; round: number };

/** What was typed, what it costs, what is wrong with it, and the order that it makes. */
export function useOrderForm({ cart, settling, outcome, round }: Wanted, place: (body: OrderBody) => void) {
  const t = useTexts('checkout');
  const draft = useDraft();
  const [checked, setChecked] = useState(false);
  const [mended, setMended] = useState<{ of: Outcome | null; fields: readonly string[] }>({ of: null, fields: [] });
  const [seen, setSeen] = useState<Money | null>(null);
  const [unpaid, setUnpaid] = useState<string | null>(null);
  const quoted = useQuote(settling || !draft.address.country ? null : quoteBody(cart.id, draft), stampOf(cart, round));
  const { press, hold, release, isHeld } = usePress(quoted);

  const blamed = outcome?.kind === 'invalid' ? wordsOfShop(outcome.fields, t) : { byField: {}, other: null };
  const fromQuote = quoted.failure?.status === 422 ? wordsOfShop(fieldErrors(quoted.failure), t).byField : {};
  const still = Object.entries(blamed.byField).filter(
    ([field]) => mended.of !== outcome || !mended.fields.includes(field),
  );
  const words: Record<string, string> = {
    ...fromQuote,
    ...Object.fromEntries(still),
    ...(checked ? wordsOfFaults(faultsOf(draft), t) : {}),
  };

  function mend(fields: readonly string[]) {
    setMended((before) => ({ of: outcome, fields: [...(before.of === outcome ? before.fields : []), ...fields] }));
  }

  async function submit(
    form: HTMLFormElement,
    method: string,
    payment: RefObject<PaymentHandle | null>,
  ): Promise<void> {
    if (isHeld()) return;
    setChecked(true);
    const wrong = Object.keys(faultsOf(draft));
    if (wrong.length > 0) {
      focusFirst(form, wrong);
      return;
    }
    if (shortLines(cart).length > 0) {
      document.getElementById(SHORT_LINES)?.focus();
      return;
    }
    const holding = hold();
    const quote = await holding.price;
    if (!quote) {
      form.querySelector<HTMLElement>('[aria-invalid]')?.focus();
      return;
    }
    const taken = await payment.current?.take();
    if (!holding.isOn()) return;
    release();
    setUnpaid(taken?.ok === false ? taken.words : null);
    if (!taken?.ok) return;
    setSeen(quote.total);
    place(orderBody(cart.id, draft, quote, { method, token: taken.token }));
  }

  return {
    draft,
    words,
    other: blamed.other,
    unpaid: unpaid ?? words['payment'],
    quoted,
    seen,
    press,
    submit,
    release,
    change: (change: Partial<Draft>) => {
      changeDraft(change);
      release();
      mend(Object.keys(change));
    },
    changeAddress: (change: Partial<AddressText>) => {
      changeAddress(change);
      release();
      mend(Object.keys(change).map((field) => `shipping_address.${field}`));
    },
  };
}

/** The price is another when other goods lie in the cart, or the same for other prices. */
function stampOf(cart: Cart, round: number): string {
  return [round, ...cart.lines.map((line) => `${line.sku} ${line.quantity} ${line.unit_price.amount}`)].join('\n');
}

function quoteBody(cart_id: string, { address, shippingMethod }: Draft): components['schemas']['QuoteBody'] {
  const { country, region, postal_code } = address;
  const code = postal_code && isPostalCode(postal_code, country) ? postal_code.trim() : null;
  return {
    cart_id,
    country,
    region: region.trim() || null,
    postal_code: code,
    shipping_method: shippingMethod,
    lines: null,
    codes: null,
  };
}

function orderBody(cart_id: string, draft: Draft, quote: Quote, payment: OrderBody['payment']): OrderBody {
  return {
    cart_id,
    email: draft.email.trim(),
    shipping_address: { line2: null, region: null, phone: null, ...addressBody(draft.address) },
    billing_address: null,
    shipping_method: quote.shipping_method,
    payment,
    expected_total: quote.total,
    lines: null,
    codes: null,
  };
}
