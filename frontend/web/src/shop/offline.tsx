'use client';

import { useSyncExternalStore } from 'react';

import { useTexts } from '@/i18n/texts';

function listen(changed: () => void) {
  window.addEventListener('online', changed);
  window.addEventListener('offline', changed);
  return () => {
    window.removeEventListener('online', changed);
    window.removeEventListener('offline', changed);
  };
}

export function Offline() {
  const t = useTexts('common');
  const online = useSyncExternalStore(
    listen,
    () => navigator.onLine,
    () => true,
  );
  return (
    <div role="status" className={online ? '' : 'bg-sun-soft px-4 py-2 text-center text-sm font-medium'}>
      {online ? null : t('offline')}
    </div>
  );
}
