'use client';

import { useSyncExternalStore } from 'react';

import { useTexts } from '@/i18n/texts';
import { Notice } from '@/ui/notice';

const never = () => () => undefined;

/** Said before anybody types a password in vain. */
export function NoCookies() {
  const t = useTexts('account');
  const taken = useSyncExternalStore(
    never,
    () => navigator.cookieEnabled,
    () => true,
  );
  return taken ? null : (
    <Notice tone="mind" title={t('no_cookies')}>
      <p>{t('no_cookies_text')}</p>
    </Notice>
  );
}
