'use client';

import { useAdmin } from '../frame/admin-texts';
import type { DraftTax } from './draft';
import { Small, Text } from './method-fields';

type Props = {
  tax: DraftTax;
  error: (field: string) => string | undefined;
  put: (tax: DraftTax) => void;
  remove: () => void;
};

/** A rule of a country, or of all that have none of their own. */
export function TaxFields({ tax, error, put, remove }: Props) {
  const { t } = useAdmin();
  const rates = error('rates') ?? error('rates.standard');
  return (
    <fieldset className="grid gap-3 rounded-xl border border-line p-3 sm:p-4">
      <legend className="px-1 font-medium">
        {[tax.country || t('everywhere_else'), tax.region].filter(Boolean).join(' · ')}
      </legend>
      <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
        <Text
          label={t('country')}
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
          label={t('rates')}
          hint={t('rates_hint')}
          value={tax.rates}
          error={rates}
          put={(next) => {
            put({ ...tax, rates: next });
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
        <Small name={t('remove')} act={remove} />
      </div>
    </fieldset>
  );
}
