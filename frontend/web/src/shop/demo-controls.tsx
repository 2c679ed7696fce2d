'use client';

import { useState } from 'react';

import { useLocale, useTexts } from '@/i18n/texts';
import { useCode } from '@/ui/use-code';

import type { Purchase } from './demo-bot';

// Whoever only looks at the shop loads neither of them.
const loadTokens = () => import('./demo-tokens').then((loaded) => loaded.default);
const loadPurchase = () => import('./demo-purchase').then((loaded) => loaded.default);

const LOOK = 'min-h-11 px-2 whitespace-nowrap underline-offset-4 hover:underline sm:px-3';

export function DemoControls() {
  const t = useTexts('demo');
  const locale = useLocale();
  const [tokens, setTokens] = useState(false);
  const [busy, setBusy] = useState(false);
  const [purchase, setPurchase] = useState<Purchase | null>(null);
  const { code: DemoPurchase } = useCode(loadPurchase, purchase !== null);
  const { code: DemoTokens } = useCode(loadTokens, tokens, () => {
    setTokens(false);
  });

  async function buy() {
    if (busy) return;
    setBusy(true);
    try {
      const { buyAsBot } = await import('./demo-bot');
      setPurchase(await buyAsBot(locale));
    } catch {
      setPurchase({ failed: 'unreachable' });
    }
    setBusy(false);
  }

  return (
    <div className="-mx-2 flex flex-1 items-center justify-between sm:-mx-3 sm:justify-end">
      <a href="/dev/inbox" className={`${LOOK} inline-flex items-center`}>
        {t('mails')}
      </a>
      <button
        type="button"
        className={LOOK}
        aria-haspopup="dialog"
        onClick={() => {
          setTokens(true);
        }}
      >
        {t('tokens')}
      </button>
      <button type="button" className={`${LOOK} font-semibold`} aria-disabled={busy} onClick={() => void buy()}>
        {t('bot')}
      </button>
      <div role="status" className="fixed bottom-4 left-4 z-50 max-w-[calc(100vw-2rem)] text-base">
        {busy ? <span className="sr-only">{t('bot_busy')}</span> : null}
        {purchase && DemoPurchase ? (
          <DemoPurchase
            purchase={purchase}
            onClose={() => {
              setPurchase(null);
            }}
          />
        ) : null}
      </div>
      {tokens && DemoTokens ? (
        <DemoTokens
          onClose={() => {
            setTokens(false);
          }}
        />
      ) : null}
    </div>
  );
}
