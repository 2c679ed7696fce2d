'use client';

import { useState } from 'react';

import { api, outcome } from '@/api/browser';
import { noteSession } from '@/api/session';
import { isLocale, LANGUAGES, LOCALES } from '@/i18n/locales';
import { useLocale, useTexts } from '@/i18n/texts';
import { Button, ButtonLink, buttonLook } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, inputLook } from '@/ui/field';
import { Notice } from '@/ui/notice';

import { Waiting } from './account-frame';
import { askMe, type Me } from './calls';
import { FailureNotice } from './failure-notice';
import { useFieldWords } from './field-words';
import { Unanswered } from './unanswered';
import { useMine } from './use-mine';
import { exact, typed, useSubmit } from './use-submit';

export function Profile() {
  const t = useTexts('account');
  const { data, failure, reload, set } = useMine(askMe);
  if (failure) return <Unanswered failure={failure} retry={reload} />;
  if (!data) return <Waiting />;
  return (
    <div className="grid max-w-xl gap-10">
      <h1 className="text-3xl">{t('profile')}</h1>
      <Details me={data} saved={set} />
      <Data />
    </div>
  );
}

function Details({ me, saved }: { me: Me; saved: (me: Me) => void }) {
  const t = useTexts('account');
  const locale = useLocale();
  const [done, setDone] = useState(false);
  const { submit, busy, failure, errors } = useSubmit(
    (values) => {
      const wanted = exact(values, 'locale');
      const body = {
        name: typed(values, 'name') ?? '',
        phone: typed(values, 'phone'),
        ...(isLocale(wanted) ? { locale: wanted } : {}),
      };
      return outcome(api.PATCH('/v1/users/me', { body }));
    },
    (changed) => {
      saved(changed);
      setDone(true);
    },
  );
  const words = useFieldWords(errors);
  return (
    <form
      onSubmit={submit}
      onChange={() => {
        setDone(false);
      }}
      className="grid gap-4"
      noValidate
    >
      <FailureNotice failure={failure} />
      <Field name="name" label={t('name')} autoComplete="name" defaultValue={me.name} error={words['name']} />
      <Field label={t('email')} type="email" value={me.email} readOnly autoComplete="email" />
      <Field
        name="phone"
        type="tel"
        label={t('phone')}
        autoComplete="tel"
        defaultValue={me.phone ?? ''}
        error={words['phone']}
      />
      <label className="block text-sm font-medium">
        <span className="mb-1 block">{t('mail_language')}</span>
        <select name="locale" defaultValue={me.locale} className={`${inputLook()} picker pr-9 text-base font-normal`}>
          {LOCALES.map((one) => (
            <option key={one} value={one}>
              {LANGUAGES[one]}
            </option>
          ))}
        </select>
      </label>
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" busy={busy}>
          {t('save')}
        </Button>
        <ButtonLink href={`/${locale}/forgot`} look="plain">
          {t('change_password')}
        </ButtonLink>
        <span role="status" className="font-medium text-leaf">
          {done ? t('saved') : null}
        </span>
      </div>
    </form>
  );
}

function Data() {
  const t = useTexts('account');
  const locale = useLocale();
  const [asking, setAsking] = useState(false);
  const { submit, busy, failure } = useSubmit(
    () => outcome(api.DELETE('/v1/users/me')),
    () => {
      noteSession(false);
      window.location.assign(`/${locale}`);
    },
  );
  return (
    <section className="grid gap-4 border-t border-line pt-8">
      <h2 className="text-xl">{t('your_data')}</h2>
      <p className="text-soft">{t('your_data_text')}</p>
      <div className="flex flex-wrap gap-3">
        <a href="/v1/users/me/export" download="feira.json" className={buttonLook('quiet')}>
          {t('export')}
        </a>
        <Button
          look="danger"
          onClick={() => {
            setAsking(true);
          }}
        >
          {t('erase')}
        </Button>
      </div>
      <Dialog
        open={asking}
        onClose={() => {
          setAsking(false);
        }}
        title={t('erase')}
        closeLabel={t('close')}
      >
        <form onSubmit={submit} className="grid gap-4 p-5">
          <Notice tone="bad" title={t('erase_sure')}>
            <p className="mt-1">{t('erase_text')}</p>
          </Notice>
          <FailureNotice failure={failure} refused={t('erase_refused')} />
          <Button type="submit" look="danger" busy={busy}>
            {t('erase_yes')}
          </Button>
        </form>
      </Dialog>
    </section>
  );
}
