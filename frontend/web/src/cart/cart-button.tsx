import Link from 'next/link';

import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { Icon } from '@/ui/icons';

export function CartButton({ locale }: { locale: Locale }) {
  const t = translator(locale, 'common');
  return (
    <Link href={`/${locale}/cart`} aria-label={t('cart')} className="rounded-full p-2.5 hover:bg-sunken">
      <Icon name="cart" className="size-6" />
    </Link>
  );
}
