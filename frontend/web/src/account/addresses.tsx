'use client';

import { useState } from 'react';

import type { Country } from '@/checkout/address-fields';
import { useLocale, useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';
import { Icon } from '@/ui/icons';

import { Waiting } from './account-frame';
import { AddressDialog } from './address-dialog';
import { askAddresses, type Address } from './calls';
import { DeleteAddress, UseFirst } from './address-acts';
import { Unanswered } from './unanswered';
import { useMine } from './use-mine';

/** The addresses that a customer keeps here; the first of them is what a checkout begins with. */
export function Addresses({ countries, home }: { countries: readonly Country[]; home: string }) {
  const t = useTexts('account');
  const { data, failure, reload } = useMine(askAddresses);
  const [open, setOpen] = useState<Address | 'new' | null>(null);
  return (
    <div className="grid gap-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-3xl">{t('addresses')}</h1>
        {data ? (
          <Button
            onClick={() => {
              setOpen('new');
            }}
          >
            {t('add_address')}
          </Button>
        ) : null}
      </div>
      {failure ? <Unanswered failure={failure} retry={reload} /> : null}
      {!data && !failure ? <Waiting /> : null}
      {data?.items.length === 0 ? (
        <div className="rounded-stall border border-dashed border-line p-8 text-center">
          <span className="mb-4 inline-grid size-14 place-items-center rounded-full bg-sun-soft">
            <Icon name="pin" className="size-7" />
          </span>
          <p className="text-balance">{t('no_addresses')}</p>
        </div>
      ) : null}
      <ul className="grid gap-4 lg:grid-cols-2">
        {data?.items.map((address) => (
          <Kept
            key={address.id}
            address={address}
            countries={countries}
            changed={reload}
            change={() => {
              setOpen(address);
            }}
          />
        ))}
      </ul>
      {open ? (
        <AddressDialog
          kept={open === 'new' ? null : open}
          countries={countries}
          home={home}
          onClose={() => {
            setOpen(null);
          }}
          onDone={() => {
            setOpen(null);
            reload();
          }}
        />
      ) : null}
    </div>
  );
}

type KeptProps = { address: Address; countries: readonly Country[]; change: () => void; changed: () => void };

function Kept({ address, countries, change, changed }: KeptProps) {
  const t = useTexts('account');
  const locale = useLocale();
  const country =
    countries.find(({ code }) => code === address.country)?.name ??
    new Intl.DisplayNames(locale, { type: 'region' }).of(address.country);
  const place = [address.postal_code.replace(/^-$/, ''), address.city, address.region].filter(Boolean).join(' ');
  const lines = [address.line1, address.line2, place, country, address.phone].filter((line) => Boolean(line));
  return (
    <li className="flex flex-col rounded-stall border border-line bg-stall p-5">
      <div className="mb-1 flex min-h-7 flex-wrap items-center justify-between gap-2">
        <h2 className="min-w-0 font-sans text-base font-semibold tracking-normal break-words">{address.name}</h2>
        {address.default ? (
          <span className="rounded-full bg-leaf-soft px-3 py-0.5 text-sm font-medium">{t('default_address')}</span>
        ) : null}
      </div>
      <address className="grow text-soft not-italic">
        {lines.map((line, number) => (
          <span key={`${number} ${line ?? ''}`} className="block break-words">
            {line}
          </span>
        ))}
      </address>
      <div className="mt-3 flex flex-wrap gap-x-5">
        <button
          type="button"
          onClick={change}
          aria-label={`${t('change')}: ${address.line1}`}
          className="min-h-11 font-medium text-leaf underline-offset-4 hover:underline"
        >
          {t('change')}
        </button>
        {address.default ? null : <UseFirst address={address} onDone={changed} />}
        <DeleteAddress address={address} onDone={changed} />
      </div>
    </li>
  );
}
