'use client';

import { useState } from 'react';

import { exact, typed } from '@/account/use-submit';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field } from '@/ui/field';

import { useAdmin } from '../frame/admin-texts';
import { useSay } from '../frame/toasts';
import { Trouble } from '../frame/trouble';
import { useAct } from '../frame/use-act';
import { adjust, type Level } from './calls';

type Props = { sku: string; available: number; onDone: (level: Level) => void };

/** How many can be sold; a click opens what changes it. A correction wants a reason, for it stands in the journal. */
export function AdjustStock({ sku, available, onDone }: Props) {
  const { t } = useAdmin();
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-label={t('adjust_of', { sku, count: available })}
        onClick={() => {
          setOpen(true);
        }}
        className={`-mr-2 h-10 min-w-16 rounded-lg px-2 text-right tabular-nums underline decoration-dotted underline-offset-4 hover:bg-sunken ${available <= 0 ? 'font-semibold text-berry' : ''}`}
      >
        {available}
      </button>
      {open ? (
        <Adjusting
          sku={sku}
          available={available}
          onClose={() => {
            setOpen(false);
          }}
          onDone={(level) => {
            setOpen(false);
            onDone(level);
          }}
        />
      ) : null}
    </>
  );
}

function Adjusting({ sku, available, onClose, onDone }: Props & { onClose: () => void }) {
  const { t } = useAdmin();
  const say = useSay();
  const { submit, busy, failure, errors } = useAct(
    (values) => adjust(sku, Number(exact(values, 'delta')), typed(values, 'reason') ?? ''),
    (level) => {
      say(t('adjusted', { sku, count: level.available }));
      onDone(level);
    },
  );
  return (
    <Dialog open onClose={onClose} title={t('adjust')} closeLabel={t('close')}>
      <form onSubmit={submit} className="grid gap-4 p-5 text-left" noValidate>
        <Trouble failure={failure} />
        <p className="flex flex-wrap justify-between gap-x-4">
          <span className="min-w-0 font-medium break-words">{sku}</span>
          <span className="text-soft tabular-nums">{t('available_now', { count: available })}</span>
        </p>
        <Field
          name="delta"
          type="number"
          data-autofocus
          label={t('delta')}
          hint={t('delta_hint')}
          required
          error={errors['delta']}
        />
        <Field name="reason" label={t('reason')} required maxLength={200} error={errors['reason']} />
        <Button type="submit" busy={busy}>
          {t('save')}
        </Button>
      </form>
    </Dialog>
  );
}
