'use client';

import { useLocale, useTexts } from '@/i18n/texts';
import { ButtonLink } from '@/ui/button';

export default function Missing() {
  const t = useTexts('common');
  const locale = useLocale();
  return (
    <div className="shell py-20 text-center">
      <h1 className="mb-3 text-3xl">{t('not_found_title')}</h1>
      <p className="mb-6 text-soft">{t('not_found_text')}</p>
      <ButtonLink href={`/${locale}/products`}>{t('all_goods')}</ButtonLink>
    </div>
  );
}
