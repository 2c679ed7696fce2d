'use client';

import { useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';

export default function Failed({ reset }: { reset: () => void }) {
  const t = useTexts('common');
  return (
    <div className="shell py-20 text-center">
      <h1 className="mb-3 text-3xl">{t('error_title')}</h1>
      <p className="mb-6 text-soft">{t('error_text')}</p>
      <Button onClick={reset}>{t('retry')}</Button>
    </div>
  );
}
