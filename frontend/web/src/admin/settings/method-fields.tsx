'use client';

import type { Ref } from 'react';

import { Field } from '@/ui/field';

import { useAdmin } from '../frame/admin-texts';
import { useRowFocus } from '../rows/use-row-focus';
import { EMPTY_BAND, EMPTY_RATE, type DraftBand, type DraftMethod, type DraftRate } from './draft';

type Error = (field: string) => string | undefined;

type Props = {
  method: DraftMethod;
  currency: string;
  isNew: boolean;
  error: Error;
  put: (method: DraftMethod) => void;
  remove: (() => void) | null;
};

/** A way of sending: for some countries each, so many days and a price by weight. */
export function MethodFields({ method, currency, isNew, error, put, remove }: Props) {
  const { t } = useAdmin();
  const { list, add, added, removed } = useRowFocus<HTMLDivElement>(method.rates);
  const translated = method.translations['pt-BR']?.name ?? '';
  return (
    <fieldset className="grid gap-4 rounded-xl border border-line p-3 sm:p-4">
      <legend className="px-1 font-medium">{method.name || t('new_method')}</legend>
      <div className="grid gap-3 sm:grid-cols-3">
        <Text
          label={t('method_id')}
          value={method.id}
          readOnly={!isNew}
          hint={isNew ? undefined : t('stays')}
          error={error('id')}
          put={(id) => {
            put({ ...method, id });
          }}
        />
        <Text
          label={t('name')}
          value={method.name}
          error={error('name')}
          put={(name) => {
            put({ ...method, name });
          }}
        />
        <Text
          label={t('translated_name')}
          value={translated}
          error={error('translations.pt-BR.name')}
          put={(name) => {
            const { 'pt-BR': before, ...others } = method.translations;
            put({ ...method, translations: name ? { ...others, 'pt-BR': { ...before, name } } : others });
          }}
        />
      </div>
      <div ref={list} className="grid gap-4">
        {method.rates.map((rate, number) => (
          <RateFields
            key={number}
            rate={rate}
            currency={currency}
            error={(field) => error(`rates.${number}.${field}`)}
            put={(next) => {
              put({ ...method, rates: method.rates.map((other, at) => (at === number ? next : other)) });
            }}
            remove={
              method.rates.length > 1
                ? () => {
                    removed();
                    put({ ...method, rates: method.rates.filter((_, at) => at !== number) });
                  }
                : null
            }
          />
        ))}
      </div>
      <div className="flex flex-wrap gap-4">
        <Small
          ref={add}
          name={t('add_rate')}
          act={() => {
            added();
            put({ ...method, rates: [...method.rates, EMPTY_RATE] });
          }}
        />
        {remove ? <Small name={t('remove_method')} act={remove} /> : null}
      </div>
    </fieldset>
  );
}

type RateProps = {
  rate: DraftRate;
  currency: string;
  error: Error;
  put: (rate: DraftRate) => void;
  remove: (() => void) | null;
};

function RateFields({ rate, currency, error, put, remove }: RateProps) {
  const { t } = useAdmin();
  const { list, add, added, removed } = useRowFocus<HTMLDivElement>(rate.bands);
  const putBand = (number: number, band: DraftBand) => {
    put({ ...rate, bands: rate.bands.map((other, at) => (at === number ? band : other)) });
  };
  return (
    <div className="grid gap-3 rounded-xl bg-paper p-3">
      <div className="grid gap-3 sm:grid-cols-2">
        <Text
          label={t('countries')}
          hint={t('countries_hint')}
          value={rate.countries}
          error={error('countries')}
          put={(countries) => {
            put({ ...rate, countries });
          }}
        />
        <Text
          label={t('days')}
          value={rate.days}
          error={error('days')}
          put={(days) => {
            put({ ...rate, days });
          }}
        />
      </div>
      <div ref={list} className="grid gap-3">
        {rate.bands.map((band, number) => (
          <div
            key={number}
            className={`grid gap-3 ${rate.bands.length > 1 ? 'sm:grid-cols-[1fr_1fr_auto]' : 'sm:grid-cols-2'}`}
          >
            <Text
              label={t('up_to_g')}
              hint={t('up_to_hint')}
              value={band.upToG}
              error={error(`bands.${number}.up_to_g`)}
              put={(upToG) => {
                putBand(number, { ...band, upToG });
              }}
            />
            <Text
              label={t('amount', { currency })}
              value={band.price}
              error={error(`bands.${number}.price.amount`) ?? error(`bands.${number}.price`)}
              put={(price) => {
                putBand(number, { ...band, price });
              }}
            />
            {rate.bands.length > 1 ? (
              <Small
                name={t('remove')}
                act={() => {
                  removed();
                  put({ ...rate, bands: rate.bands.filter((_, at) => at !== number) });
                }}
              />
            ) : null}
          </div>
        ))}
      </div>
      <p className="text-sm text-berry empty:hidden">{error('bands')}</p>
      <div className="flex flex-wrap gap-4">
        <Small
          ref={add}
          name={t('add_band')}
          act={() => {
            added();
            put({ ...rate, bands: [...rate.bands, EMPTY_BAND] });
          }}
        />
        {remove ? <Small name={t('remove_rate')} act={remove} /> : null}
      </div>
    </div>
  );
}

export function Text({
  label,
  value,
  put,
  error,
  hint,
  readOnly = false,
}: {
  label: string;
  value: string;
  put: (text: string) => void;
  error?: string | undefined;
  hint?: string | undefined;
  readOnly?: boolean;
}) {
  return (
    <Field
      label={label}
      value={value}
      hint={hint}
      readOnly={readOnly}
      error={error}
      onChange={(event) => {
        put(event.target.value);
      }}
    />
  );
}

export function Small({ name, act, ref }: { name: string; act: () => void; ref?: Ref<HTMLButtonElement> }) {
  return (
    <button
      ref={ref}
      type="button"
      onClick={act}
      className="min-h-11 text-sm text-leaf underline-offset-4 hover:underline"
    >
      {name}
    </button>
  );
}
