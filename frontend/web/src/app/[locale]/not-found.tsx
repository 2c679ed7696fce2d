'use client';

import { useLocale, useTexts } from '@/i18n/texts';
import { ClosedStall } from '@/shop/closed-stall';
import { ButtonLink } from '@/ui/button';

export default function Missing() {
  const t = useTexts('common');
  const locale = useLocale();
  return (
    <ClosedStall sign="404" title={t('not_found_title')} text={t('not_found_text')}>
      <ButtonLink href={`/${locale}/products`} prefetch={false}>
        {t('all_goods')}
      </ButtonLink>
      <ButtonLink href={`/${locale}`} prefetch={false} look="quiet">
        {t('home')}
      </ButtonLink>
    </ClosedStall>
  );
}
