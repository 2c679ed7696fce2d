'use client';

import { useState } from 'react';

import type { Result } from '@/api/browser';
import { useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';

import { changeAddress, deleteAddress, type Address } from './calls';
import { FailureNotice } from './failure-notice';
import { useSubmit } from './use-submit';

type Props = { address: Address; onDone: () => void };

const LOOK = 'min-h-11 font-medium text-leaf underline-offset-4 hover:underline';

/** What is gone already is gone: that is no failure. */
async function away(id: string): Promise<Result<unknown>> {
  const result = await deleteAddress(id);
  return !result.ok && result.failure.status === 404 ? { ok: true, data: null, response: new Response() } : result;
}

export function UseFirst({ address, onDone }: Props) {
  const t = useTexts('account');
  const { submit, busy, failure } = useSubmit(() => changeAddress(address.id, { default: true }), onDone);
  return (
    <form onSubmit={submit}>
      <button type="submit" aria-busy={busy} aria-label={`${t('make_default')}: ${address.line1}`} className={LOOK}>
        {t('make_default')}
      </button>
      <FailureNotice failure={failure} />
    </form>
  );
}

export function DeleteAddress({ address, onDone }: Props) {
  const t = useTexts('account');
  const [asking, setAsking] = useState(false);
  const { submit, busy, failure } = useSubmit(() => away(address.id), onDone);
  return (
    <>
      <button
        type="button"
        aria-label={`${t('delete')}: ${address.line1}`}
        className={LOOK}
        onClick={() => {
          setAsking(true);
        }}
      >
        {t('delete')}
      </button>
      {asking ? (
        <Dialog
          open
          onClose={() => {
            setAsking(false);
          }}
          title={t('delete_address')}
          closeLabel={t('close')}
        >
          <form onSubmit={submit} className="grid gap-4 p-5">
            <FailureNotice failure={failure} />
            <p>{[address.name, address.line1, address.city].join(', ')}</p>
            <Button type="submit" look="danger" busy={busy}>
              {t('delete_yes')}
            </Button>
          </form>
        </Dialog>
      ) : null}
    </>
  );
}
