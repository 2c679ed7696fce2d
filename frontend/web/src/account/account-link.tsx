import Link from 'next/link';

import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { Icon } from '@/ui/icons';

export function AccountLink({ locale }: { locale: Locale }) {
  const t = translator(locale, 'common');
  return (
    <Link href={`/${locale}/account`} aria-label={t('account')} className="rounded-full p-2.5 hover:bg-sunken">
      <Icon name="person" className="size-6" />
    </Link>
  );
}
