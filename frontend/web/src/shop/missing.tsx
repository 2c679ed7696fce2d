import type { Metadata } from 'next';

import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { ButtonLink } from '@/ui/button';

import { ClosedStall } from './closed-stall';

export function missingMetadata(locale: Locale): Metadata {
  return { title: translator(locale, 'common')('not_found_title'), robots: { index: false } };
}

/**
 * What stands where no page is. Next draws what `notFound()` throws only in the browser; this one is there without JavaScript,
 * and whoever serves it to the world makes it a 404 by its mark.
 */
export function Missing({ locale }: { locale: Locale }) {
  const t = translator(locale, 'common');
  return (
    <ClosedStall sign="404" title={t('not_found_title')} text={t('not_found_text')}>
      <meta name="feira:status" content="404" />
      <ButtonLink href={`/${locale}/products`} prefetch={false}>
        {t('all_goods')}
      </ButtonLink>
      <ButtonLink href={`/${locale}`} prefetch={false} look="quiet">
        {t('home')}
      </ButtonLink>
    </ClosedStall>
  );
}
