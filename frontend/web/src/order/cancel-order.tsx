'use client';

import { useState } from 'react';

import type { Failure } from '@/api/problem';
import { failureWords } from '@/cart/failure-words';
import { useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';

/** Asked twice, for it cannot be taken back. */
export function CancelOrder({ cancel }: { cancel: () => Promise<Failure | null> }) {
  const t = useTexts('order');
  const cart = useTexts('cart');
  const common = useTexts('common');
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const close = () => {
    setOpen(false);
  };

  async function go() {
    if (busy) return;
    setBusy(true);
    const failed = await cancel();
    setBusy(false);
    setFailure(failed);
    if (!failed) close();
  }

  return (
    <>
      <Button
        look="danger"
        onClick={() => {
          setOpen(true);
        }}
      >
        {t('cancel')}
      </Button>
      <Dialog open={open} onClose={close} title={t('cancel_title')} closeLabel={common('close')}>
        <div className="p-5">
          <p>{t('cancel_text')}</p>
          <p role="alert" className="mt-3 text-berry empty:hidden">
            {failure ? (failure.status === 409 ? t('cancel_late') : failureWords(failure, cart)) : null}
          </p>
          <div className="mt-5 flex flex-wrap gap-2">
            <Button look="danger" busy={busy} onClick={go}>
              {t('cancel_yes')}
            </Button>
            <Button look="quiet" onClick={close}>
              {t('cancel_no')}
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}
