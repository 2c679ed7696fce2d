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
    // Wherever somebody has scrolled to, it is seen.
    <div role="status" className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex justify-center">
      {online ? null : (
        <p className="max-w-xl rounded-2xl border border-sun bg-sun-soft px-4 py-2.5 text-center text-sm font-medium shadow-stall">
          {t('offline')}
        </p>
      )}
    </div>
  );
}
