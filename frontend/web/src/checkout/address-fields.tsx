'use client';

import type { ComponentProps } from 'react';

import type { components } from '@/api/schema';
import type { Messages } from '@/i18n/messages';
import { useTexts } from '@/i18n/texts';
import type { KeyOf } from '@/i18n/translate';
import { Field } from '@/ui/field';
import { SelectField } from '@/ui/select-field';

import type { AddressText } from './draft';
import { addressForm, BRAZILIAN_STATES, formatCep, type AddressForm } from './places';

export type Country = components['schemas']['CountryView'];
type Name = keyof AddressText;

const BRAZIL: readonly Name[] = ['country', 'name', 'postal_code', 'line1', 'line2', 'city', 'region', 'phone'];
const ELSEWHERE: readonly Name[] = ['country', 'name', 'line1', 'line2', 'city', 'region', 'postal_code', 'phone'];

const FIELDS: Record<Name, ComponentProps<'input'>> = {
  country: { autoComplete: 'country' },
  name: { autoComplete: 'name' },
  line1: { autoComplete: 'address-line1' },
  line2: { autoComplete: 'address-line2' },
  city: { autoComplete: 'address-level2' },
  region: { autoComplete: 'address-level1' },
  postal_code: { autoComplete: 'postal-code' },
  phone: { autoComplete: 'tel', type: 'tel', inputMode: 'tel' },
};
const LENGTHS_MAX: Record<Name, number> = {
  country: 2,
  name: 200,
  line1: 200,
  line2: 200,
  city: 200,
  region: 100,
  postal_code: 32,
  phone: 40,
};
// Two of these stand side by side where there is room.
const NARROW = new Set<Name>(['city', 'region', 'postal_code', 'phone']);

type Props = {
  address: AddressText;
  countries: readonly Country[];
  /** What to say of a field, by its name. */
  errors: Partial<Record<Name, string | undefined>>;
  onChange: (change: Partial<AddressText>) => void;
  /** How the API calls the address that the fields belong to, with its dot. */
  prefix?: string;
};

/** An address, asked for as its country writes it. */
export function AddressFields({ address, countries, errors, onChange, prefix = 'shipping_address.' }: Props) {
  const t = useTexts('checkout');
  const form = addressForm(address.country);
  const names = (address.country === 'BR' ? BRAZIL : ELSEWHERE).filter(
    (name) => name !== 'postal_code' || form.code !== 'none',
  );
  return (
    <div className="grid gap-x-4 gap-y-4 sm:grid-cols-6">
      {names.map((name) => {
        const shared = {
          name: prefix + name,
          label: t(labelOf(name, form)),
          error: errors[name],
          value: address[name],
          autoComplete: `shipping ${FIELDS[name].autoComplete ?? ''}`,
          className: widthOf(name, form),
        };
        if (name === 'country') {
          return <CountryField key={name} {...shared} countries={countries} onChange={onChange} />;
        }
        if (name === 'region' && form.region === 'states') {
          return <StateField key={name} {...shared} onChange={onChange} />;
        }
        const isDigits = name === 'postal_code' && form.code !== 'postcode';
        return (
          <Field
            key={name}
            {...FIELDS[name]}
            {...shared}
            {...(isDigits && { inputMode: 'numeric' })}
            {...(name === 'phone' && { hint: t('phone_hint') })}
            maxLength={LENGTHS_MAX[name]}
            onChange={(event) => {
              const text = event.target.value;
              onChange({ [name]: name === 'postal_code' && form.code === 'cep' ? formatCep(text) : text });
            }}
          />
        );
      })}
    </div>
  );
}

type Chosen = Omit<ComponentProps<typeof SelectField>, 'onChange' | 'children'> & Pick<Props, 'onChange'>;

function CountryField({ countries, onChange, ...rest }: Chosen & { countries: readonly Country[] }) {
  return (
    <SelectField
      {...rest}
      onChange={(event) => {
        // A state or a code of the one country is none of the other's.
        onChange({ country: event.target.value, region: '', postal_code: '' });
      }}
    >
      {countries.map((country) => (
        <option key={country.code} value={country.code}>
          {country.name}
        </option>
      ))}
    </SelectField>
  );
}

function StateField({ onChange, ...rest }: Chosen) {
  const t = useTexts('checkout');
  return (
    <SelectField
      {...rest}
      onChange={(event) => {
        onChange({ region: event.target.value });
      }}
    >
      <option value="">{t('choose')}</option>
      {BRAZILIAN_STATES.map(([code, name]) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

function labelOf(name: Name, form: AddressForm): KeyOf<Messages['checkout']> {
  if (name === 'postal_code') return form.code === 'none' ? 'postcode' : form.code;
  if (name === 'region')
    return { states: 'state', required: 'region', optional: 'region_optional' }[form.region] as 'state';
  return name;
}

function widthOf(name: Name, form: AddressForm): string {
  if (form.code === 'cep' && name === 'postal_code') return 'sm:col-span-3 sm:col-start-1';
  return NARROW.has(name) ? 'sm:col-span-3' : 'sm:col-span-6';
}
