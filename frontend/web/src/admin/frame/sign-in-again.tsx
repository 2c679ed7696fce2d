'use client';

import type { Me } from '@/account/calls';
import { exact } from '@/account/use-submit';
import { api, outcome } from '@/api/browser';
import { noteSession } from '@/api/session';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field } from '@/ui/field';
import { Notice } from '@/ui/notice';

import { useAdmin } from './admin-texts';
import { Trouble } from './trouble';
import { useAct } from './use-act';

/** Over the page of somebody whose session ended: nothing below it is lost. Another person begins anew. */
export function SignInAgain({ me }: { me: Me }) {
  const { t } = useAdmin();
  const { submit, busy, failure, errors } = useAct(
    (values) =>
      outcome(
        api.POST('/v1/sessions/browser', {
          body: { email: exact(values, 'email'), password: exact(values, 'password') },
        }),
      ),
    async () => {
      const found = await outcome(api.GET('/v1/users/me'));
      noteSession(true);
      if (!found.ok || found.data.id !== me.id) window.location.reload();
    },
  );
  return (
    <Dialog open onClose={() => undefined} title={t('session_over')} closeLabel={t('close')}>
      <form onSubmit={submit} className="grid gap-4 p-5" noValidate>
        {failure?.status === 401 ? <Notice tone="bad" title={t('wrong_password')} /> : <Trouble failure={failure} />}
        <p>{t('session_over_text')}</p>
        <Field
          name="email"
          type="email"
          label={t('email')}
          autoComplete="username"
          defaultValue={me.email}
          required
          error={errors['email']}
        />
        <Field
          name="password"
          data-autofocus
          type="password"
          label={t('password')}
          autoComplete="current-password"
          required
          error={errors['password']}
        />
        <Button type="submit" busy={busy}>
          {t('sign_in')}
        </Button>
      </form>
    </Dialog>
  );
}
