'use client';

import { useTexts } from '@/i18n/texts';
import { SelectField } from '@/ui/select-field';

import { AddressFields, type Country } from './address-fields';
import { NO_ADDRESS, type AddressText } from './draft';
import { Section } from './section';
import type { SavedAddress } from './use-customer';

type Props = {
  address: AddressText;
  saved: readonly SavedAddress[];
  countries: readonly Country[];
  errors: Partial<Record<keyof AddressText, string>>;
  onChange: (change: Partial<AddressText>) => void;
};

export function Delivery({ address, saved, countries, errors, onChange }: Props) {
  const t = useTexts('checkout');
  const chosen = saved.find((one) => isSame(textsOf(one), address));
  return (
    <Section title={t('address')}>
      {saved.length > 0 ? (
        <SelectField
          className="mb-4"
          label={t('saved_address')}
          value={chosen?.id ?? ''}
          onChange={(event) => {
            const found = saved.find((one) => one.id === event.target.value);
            onChange(found ? textsOf(found) : { ...NO_ADDRESS, country: address.country, name: address.name });
          }}
        >
          <option value="">{t('another_address')}</option>
          {saved.map((one) => (
            <option key={one.id} value={one.id}>
              {[one.name, one.line1, one.city].join(', ')}
            </option>
          ))}
        </SelectField>
      ) : null}
      <AddressFields address={address} countries={countries} errors={errors} onChange={onChange} />
    </Section>
  );
}

export function textsOf(saved: SavedAddress): AddressText {
  const fields = Object.keys(NO_ADDRESS) as (keyof AddressText)[];
  return Object.fromEntries(fields.map((field) => [field, saved[field] ?? ''])) as AddressText;
}

function isSame(one: AddressText, other: AddressText): boolean {
  return Object.entries(one).every(([field, text]) => other[field as keyof AddressText] === text);
}
