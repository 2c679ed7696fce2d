'use client';

import { useLocale, useTexts } from '@/i18n/texts';
import { ClosedStall } from '@/shop/closed-stall';
import { Button, ButtonLink } from '@/ui/button';

export default function Failed({ retry }: { retry: () => void }) {
  const t = useTexts('common');
  const locale = useLocale();
  return (
    <ClosedStall sign={t('error_sign')} title={t('error_title')} text={t('error_text')}>
      <Button onClick={retry}>{t('retry')}</Button>
      <ButtonLink href={`/${locale}`} prefetch={false} look="quiet">
        {t('home')}
      </ButtonLink>
    </ClosedStall>
  );
}
