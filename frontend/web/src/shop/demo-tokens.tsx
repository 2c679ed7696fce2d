'use client';

import { useCallback, useState } from 'react';

import { useMine } from '@/account/use-mine';
import { api, outcome } from '@/api/browser';
import type { components } from '@/api/schema';
import { useTexts } from '@/i18n/texts';
import { Dialog } from '@/ui/dialog';
import { Icon } from '@/ui/icons';
import { Notice } from '@/ui/notice';

type Token = components['schemas']['PracticeTokenView'];

/** What can be paid with where no money moves, and how each ends. */
export default function DemoTokens({ onClose }: { onClose: () => void }) {
  const t = useTexts('demo');
  const { data, failure } = useMine(useCallback(() => outcome(api.GET('/v1/shop')), []));
  const tokens = data?.payment_methods.flatMap((method) => method.tokens ?? []);
  return (
    <Dialog open onClose={onClose} title={t('tokens')} closeLabel={t('close')}>
      <div className="min-h-80 p-5 text-base">
        <p className="mb-3 text-soft">{t('tokens_text')}</p>
        {failure ? <Notice tone="bad" title={failure.status === 0 ? t('unreachable') : t('failed')} /> : null}
        <ul className="divide-y divide-line">
          {tokens?.map((token) => (
            <Row key={token.token} token={token} />
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function Row({ token: { token, outcome: end } }: { token: Token }) {
  const t = useTexts('demo');
  const [copied, setCopied] = useState(false);
  async function copy() {
    await navigator.clipboard.writeText(token).then(
      () => {
        setCopied(true);
      },
      () => undefined, // A browser that forbids it: the token can still be marked by hand.
    );
  }
  return (
    <li className="flex items-center gap-3 py-1">
      <span className="min-w-0 flex-1">
        <code className="block font-semibold break-all select-all">{token}</code>
        <span className="block text-sm text-soft">{t(`outcome_${end}`)}</span>
      </span>
      <span role="status" className="text-sm text-leaf">
        {copied ? t('copied') : null}
      </span>
      <button
        type="button"
        aria-label={t('copy', { token })}
        className="grid size-11 place-items-center rounded-full hover:bg-sunken"
        onClick={() => void copy()}
      >
        <Icon name={copied ? 'check' : 'copy'} />
      </button>
    </li>
  );
}
