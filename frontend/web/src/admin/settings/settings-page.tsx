'use client';

import { useState, type ReactNode } from 'react';

import { useMine } from '@/account/use-mine';
import { useSubmit } from '@/account/use-submit';
import { Button } from '@/ui/button';
import { Field } from '@/ui/field';

import { useAdmin } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { useSay } from '../frame/toasts';
import { Trouble } from '../frame/trouble';
import { askSettings, changeSettings, type ShopSettings } from './calls';
import { EMPTY_METHOD, EMPTY_TAX, methodsOf, shippingOf, taxesOf, taxOf } from './draft';
import { MethodFields } from './method-fields';
import { TaxFields } from './tax-fields';

export function SettingsPage() {
  const { t } = useAdmin();
  const { data, failure, reload, set } = useMine(askSettings);
  return (
    <>
      <Heading title={t('settings')} />
      {failure ? (
        <div className="grid justify-items-start gap-4">
          <Trouble failure={failure} />
          <Button look="quiet" onClick={reload}>
            {t('retry')}
          </Button>
        </div>
      ) : null}
      {data ? (
        <div key={data.version} className="grid max-w-5xl gap-6">
          <ShopForm settings={data} saved={set} />
          <ShippingForm settings={data} saved={set} />
          <TaxForm settings={data} saved={set} />
        </div>
      ) : null}
      {!data && !failure ? <div className="h-96 rounded-stall bg-sunken" aria-busy="true" /> : null}
    </>
  );
}

type Part = { settings: ShopSettings; saved: (settings: ShopSettings) => void };

function usePart({ settings, saved }: Part, change: () => Parameters<typeof changeSettings>[1]) {
  const { t } = useAdmin();
  const say = useSay();
  return useSubmit(
    () => changeSettings(settings.version, change()),
    (next) => {
      say(t('saved'));
      saved(next);
    },
  );
}

function ShopForm(part: Part) {
  const { t } = useAdmin();
  const [name, setName] = useState(part.settings.shop_name);
  const form = usePart(part, () => ({ shop_name: name.trim() }));
  return (
    <Section title={t('shop')} form={form}>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          name="shop_name"
          label={t('shop_name')}
          value={name}
          error={form.errors['shop_name']}
          onChange={(event) => {
            setName(event.target.value);
          }}
        />
        <Field
          label={t('currency')}
          value={part.settings.currency}
          readOnly
          hint={part.settings.currency_locked ? t('currency_locked') : undefined}
        />
      </div>
    </Section>
  );
}

function ShippingForm(part: Part) {
  const { t, locale } = useAdmin();
  const { currency, shipping } = part.settings;
  const [methods, setMethods] = useState(() => methodsOf(shipping, locale));
  const form = usePart(part, () => ({ shipping: shippingOf(methods, currency) }));
  return (
    <Section title={t('shipping')} form={form}>
      {methods.map((method, number) => (
        <MethodFields
          key={number}
          method={method}
          currency={currency}
          isNew={number >= shipping.length}
          error={(field) => form.errors[`shipping.${number}.${field}`]}
          put={(next) => {
            setMethods(methods.map((other, at) => (at === number ? next : other)));
          }}
          remove={
            methods.length > 1
              ? () => {
                  setMethods(methods.filter((_, at) => at !== number));
                }
              : null
          }
        />
      ))}
      <p>
        <Button
          look="quiet"
          onClick={() => {
            setMethods([...methods, EMPTY_METHOD]);
          }}
        >
          {t('add_method')}
        </Button>
      </p>
    </Section>
  );
}

function TaxForm(part: Part) {
  const { t } = useAdmin();
  const [taxes, setTaxes] = useState(() => taxesOf(part.settings.tax));
  const form = usePart(part, () => ({ tax: taxOf(taxes) }));
  return (
    <Section title={t('tax')} form={form}>
      <p className="text-sm text-soft">{t('tax_text')}</p>
      {taxes.map((tax, number) => (
        <TaxFields
          key={number}
          tax={tax}
          error={(field) => form.errors[`tax.${number}.${field}`]}
          put={(next) => {
            setTaxes(taxes.map((other, at) => (at === number ? next : other)));
          }}
          remove={() => {
            setTaxes(taxes.filter((_, at) => at !== number));
          }}
        />
      ))}
      <p>
        <Button
          look="quiet"
          onClick={() => {
            setTaxes([...taxes, EMPTY_TAX]);
          }}
        >
          {t('add_tax')}
        </Button>
      </p>
    </Section>
  );
}

function Section({
  title,
  form,
  children,
}: {
  title: string;
  form: Pick<ReturnType<typeof useSubmit>, 'submit' | 'busy' | 'failure'>;
  children: ReactNode;
}) {
  const { t } = useAdmin();
  return (
    <form onSubmit={form.submit} noValidate className="grid gap-4 rounded-stall border border-line bg-stall p-4 sm:p-5">
      <h2 className="text-lg">{title}</h2>
      <Trouble failure={form.failure} />
      {children}
      <p>
        <Button type="submit" busy={form.busy}>
          {t('save')}
        </Button>
      </p>
    </form>
  );
}
