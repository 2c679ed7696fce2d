'use client';

import { useState, type ReactNode } from 'react';

import { useMine } from '@/account/use-mine';
import { refusalOf } from '@/api/problem';
import { Button } from '@/ui/button';
import { Field } from '@/ui/field';
import { Notice } from '@/ui/notice';

import { useAdmin } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { useSay } from '../frame/toasts';
import { Trouble } from '../frame/trouble';
import { useUnsaved } from '../frame/unsaved';
import { useAct } from '../frame/use-act';
import { Suggested } from '../rows/pair-rows';
import type { Fault } from '../rows/rows';
import { useRowFocus } from '../rows/use-row-focus';
import { askSettings, changeSettings, type ShopSettings } from './calls';
import { EMPTY_METHOD, methodsOf, shippingOf } from './draft';
import { MethodFields } from './method-fields';
import { TaxFields } from './tax-fields';
import { emptyTax, STANDARD, taxesOf, taxOf, wrongTaxes, type DraftTax } from './taxes';

export function SettingsPage() {
  const { t } = useAdmin();
  const { data, failure, reload, set } = useMine(askSettings);
  const [loaded, setLoaded] = useState(0);
  async function again() {
    const found = await askSettings();
    if (!found.ok) return;
    set(found.data);
    setLoaded((times) => times + 1);
  }
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
        <div key={loaded} className="grid max-w-5xl gap-6">
          <ShopForm settings={data} saved={set} reload={again} />
          <ShippingForm settings={data} saved={set} reload={again} />
          <TaxForm settings={data} saved={set} reload={again} />
        </div>
      ) : null}
      {!data && !failure ? <div className="h-96 rounded-stall bg-sunken" aria-busy="true" /> : null}
    </>
  );
}

type Part = {
  settings: ShopSettings;
  saved: (settings: ShopSettings) => void;
  reload: () => Promise<void>;
};

/**
 * One form of the page: it is saved by itself, and the others keep what was typed there. `wrong` is what is known to be
 * refused before anybody is asked; what is as it was is not sent.
 */
function usePart<Draft>(
  { settings, saved, reload }: Part,
  read: (settings: ShopSettings, before?: Draft) => Draft,
  change: (draft: Draft) => Parameters<typeof changeSettings>[1],
  wrong: (draft: Draft) => Fault[] = () => [],
) {
  const { t } = useAdmin();
  const say = useSay();
  const [kept, setKept] = useState(() => read(settings));
  const [draft, setDraft] = useState(kept);
  const [sent, setSent] = useState(kept);
  useUnsaved(draft !== kept);
  const form = useAct(
    async () => {
      setSent(draft);
      const faults = wrong(draft);
      if (faults.length > 0) return { ok: false, failure: refusalOf(faults) };
      const next = change(draft);
      if (JSON.stringify(next) === JSON.stringify(change(kept))) {
        return { ok: true, data: settings, response: new Response() };
      }
      return changeSettings(settings.version, next);
    },
    (next) => {
      const after = read(next, draft);
      setKept(after);
      setDraft(after);
      say(t('saved'));
      saved(next);
    },
  );
  return { ...form, draft, sent, setDraft, reload };
}

function ShopForm(part: Part) {
  const { t } = useAdmin();
  const form = usePart(
    part,
    (settings) => settings.shop_name,
    (draft) => ({ shop_name: draft.trim() }),
  );
  const { draft: name, setDraft: setName } = form;
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
  const form = usePart(
    part,
    (settings) => methodsOf(settings.shipping, locale),
    (draft) => ({ shipping: shippingOf(draft, currency) }),
  );
  const { draft: methods, setDraft: setMethods } = form;
  const { list, add, added, removed } = useRowFocus<HTMLDivElement>(methods);
  const known = new Set(shipping.map((method) => method.id));
  return (
    <Section title={t('shipping')} form={form}>
      <div ref={list} className="grid gap-4">
        {methods.map((method, number) => (
          <MethodFields
            key={number}
            method={method}
            currency={currency}
            isNew={method.isNew || !known.has(method.id)}
            error={(field) => form.errors[`shipping.${number}.${field}`]}
            put={(next) => {
              setMethods(methods.map((other, at) => (at === number ? next : other)));
            }}
            remove={
              methods.length > 1
                ? () => {
                    removed();
                    setMethods(methods.filter((_, at) => at !== number));
                  }
                : null
            }
          />
        ))}
      </div>
      <p>
        <Button
          ref={add}
          look="quiet"
          onClick={() => {
            added();
            setMethods([...methods, { ...EMPTY_METHOD, isNew: true }]);
          }}
        >
          {t('add_method')}
        </Button>
      </p>
    </Section>
  );
}

const CLASSES = 'tax-classes';

function TaxForm(part: Part) {
  const { t, locale } = useAdmin();
  const form = usePart<readonly DraftTax[]>(
    part,
    (settings, before) => taxesOf(settings.tax, locale, before),
    (draft) => ({ tax: taxOf(draft, locale) }),
    (draft) => wrongTaxes(draft, locale),
  );
  const { draft: taxes, sent, setDraft: setTaxes } = form;
  const { list, add, added, removed } = useRowFocus<HTMLDivElement>(taxes);
  const classes = new Set([STANDARD, ...part.settings.tax.flatMap(({ rates }) => Object.keys(rates))]);
  return (
    <Section title={t('tax')} form={form}>
      <p className="text-sm text-soft">{t('tax_text')}</p>
      <Suggested id={CLASSES} names={[...classes]} />
      <div ref={list} className="grid gap-4 empty:hidden">
        {taxes.map((tax) => {
          const at = sent.findIndex(({ key }) => key === tax.key);
          return (
            <TaxFields
              key={tax.key}
              tax={tax}
              sent={sent[at] ?? tax}
              name={`tax.${at}`}
              errors={form.errors}
              suggested={CLASSES}
              put={(next) => {
                setTaxes(taxes.map((other) => (other === tax ? next : other)));
              }}
              remove={() => {
                removed();
                setTaxes(taxes.filter((other) => other !== tax));
              }}
            />
          );
        })}
      </div>
      <p>
        <Button
          ref={add}
          look="quiet"
          onClick={() => {
            added();
            setTaxes([...taxes, emptyTax()]);
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
  form: Pick<ReturnType<typeof usePart>, 'submit' | 'busy' | 'failure' | 'reload'>;
  children: ReactNode;
}) {
  const { t } = useAdmin();
  return (
    <form onSubmit={form.submit} noValidate className="grid gap-4 rounded-stall border border-line bg-stall p-4 sm:p-5">
      <h2 className="text-lg">{title}</h2>
      {form.failure?.status === 409 ? (
        <Notice tone="bad" title={t('settings_changed')}>
          <p className="mt-1 text-sm">{t('settings_load_text')}</p>
          <Button look="quiet" className="mt-3" onClick={() => void form.reload()}>
            {t('settings_load')}
          </Button>
        </Notice>
      ) : (
        <Trouble failure={form.failure} />
      )}
      {children}
      <p>
        <Button type="submit" busy={form.busy}>
          {t('save')}
        </Button>
      </p>
    </form>
  );
}
