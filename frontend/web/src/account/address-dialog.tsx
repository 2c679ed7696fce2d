'use client';

import { useState } from 'react';

import { fieldErrors } from '@/api/problem';
import { AddressFields, type Country } from '@/checkout/address-fields';
import { textsOf } from '@/checkout/delivery';
import { faultsOf, NO_ADDRESS, NO_DRAFT } from '@/checkout/draft';
import { addressWords, focusFirst, wordsOfFaults } from '@/checkout/field-faults';
import { useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';

import { bodyOfAddress } from './address-body';
import { addAddress, changeAddress, type Address } from './calls';
import { FailureNotice } from './failure-notice';
import { useSubmit } from './use-submit';

const PREFIX = 'shipping_address.'; // As the fields are named in a checkout, with whose they are shared.

type Props = {
  kept: Address | null;
  countries: readonly Country[];
  /** The country that a new address begins with. */
  home: string;
  onClose: () => void;
  onDone: () => void;
};

/** Adds an address, or changes one: asked for as its country writes it, just as in the checkout. */
export function AddressDialog({ kept, countries, home, onClose, onDone }: Props) {
  const t = useTexts('account');
  const c = useTexts('checkout');
  const [address, setAddress] = useState(() => (kept ? textsOf(kept) : { ...NO_ADDRESS, country: home }));
  const [isFirst, setFirst] = useState(kept?.default ?? false);
  const [isTried, setTried] = useState(false);
  const faults = wordsOfFaults(faultsOf({ ...NO_DRAFT, address }), c);
  const { submit, busy, failure } = useSubmit(() => {
    const body = { ...bodyOfAddress(address), default: isFirst };
    return kept ? changeAddress(kept.id, body) : addAddress(body);
  }, onDone);
  const refused = Object.fromEntries(Object.keys(fieldErrors(failure)).map((field) => [field, c('fault_here')]));
  const errors = { ...refused, ...(isTried ? addressWords(faults) : {}) };
  return (
    <Dialog open onClose={onClose} title={kept ? t('change_address') : t('add_address')} closeLabel={t('close')}>
      <form
        noValidate
        className="grid gap-4 p-5"
        onSubmit={(event) => {
          const wrong = Object.keys(faults).filter((field) => field.startsWith(PREFIX));
          setTried(true);
          if (wrong.length === 0) {
            void submit(event);
            return;
          }
          event.preventDefault();
          focusFirst(event.currentTarget, wrong);
        }}
      >
        <FailureNotice failure={failure} />
        <AddressFields
          address={address}
          countries={countries}
          errors={errors}
          onChange={(change) => {
            setAddress({ ...address, ...change });
          }}
        />
        <label className="flex min-h-11 items-center gap-3">
          <input
            type="checkbox"
            className="size-5 accent-leaf"
            checked={isFirst}
            // Another one takes its place; it cannot be taken from the one alone.
            disabled={kept?.default ?? false}
            onChange={(event) => {
              setFirst(event.target.checked);
            }}
          />
          {t('make_default')}
        </label>
        <Button type="submit" busy={busy}>
          {t('save')}
        </Button>
      </form>
    </Dialog>
  );
}
