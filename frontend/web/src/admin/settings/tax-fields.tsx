'use client';

import { useAdmin } from '../frame/admin-texts';
import { PairRows, type Parts } from '../rows/pair-rows';
import { Small, Text } from './method-fields';
import { CLASSES_MAX, type DraftTax } from './taxes';

const RATE: Parts = { name: 'tax_class', named: 'rate_class', value: 'percent', valued: 'rate_percent' };

type Props = {
  tax: DraftTax;
  /** The rule that `errors` speak of, and what the API called it, such as `tax.0`. */
  sent: DraftTax;
  name: string;
  errors: Record<string, string>;
  /** The list of classes that are suggested. */
  suggested: string;
  put: (tax: DraftTax) => void;
  remove: () => void;
};

/** A rule of a country, or of all that have none of their own. */
export function TaxFields({ tax, sent, name, errors, suggested, put, remove }: Props) {
  const { t, locale } = useAdmin();
  const error = (field: string) => errors[`${name}.${field}`];
  return (
    <fieldset className="grid gap-3 rounded-xl border border-line p-3 sm:p-4">
      <legend className="px-1 font-medium">
        {[countryName(tax.country.trim(), locale) || t('everywhere_else'), tax.region].filter(Boolean).join(' · ')}
      </legend>
      <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        <Text
          label={t('country')}
          hint={t('country_hint')}
          value={tax.country}
          error={error('country')}
          put={(country) => {
            put({ ...tax, country });
          }}
        />
        <Text
          label={t('region')}
          value={tax.region}
          error={error('region')}
          put={(region) => {
            put({ ...tax, region });
          }}
        />
        <Text
          label={t('shipping_class')}
          hint={t('shipping_class_hint')}
          value={tax.shippingClass}
          error={error('shipping_class')}
          put={(shippingClass) => {
            put({ ...tax, shippingClass });
          }}
        />
      </div>
      <div className="max-w-xl">
        <PairRows
          title={t('rates')}
          one={t('rate')}
          adding={t('add_class')}
          field={`${name}.rates`}
          rows={tax.rates}
          rowsMax={CLASSES_MAX}
          parts={RATE}
          suggested={suggested}
          numeric
          sent={sent.rates}
          errors={errors}
          onChange={(rates) => {
            put({ ...tax, rates });
          }}
        />
      </div>
      <div className="flex flex-wrap items-center gap-x-6">
        <label className="flex min-h-11 items-center gap-2">
          <input
            type="checkbox"
            className="size-5 accent-leaf"
            checked={tax.included}
            onChange={(event) => {
              put({ ...tax, included: event.target.checked });
            }}
          />
          {t('included')}
        </label>
        <Small name={t('remove_rule')} act={remove} />
      </div>
    </fieldset>
  );
}

/** A country's name by its code, as far as that is one. */
function countryName(code: string, locale: string): string {
  return /^[A-Za-z]{2}$/.test(code)
    ? (new Intl.DisplayNames(locale, { type: 'region' }).of(code.toUpperCase()) ?? code)
    : code;
}
