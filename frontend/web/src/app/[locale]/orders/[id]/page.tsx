import type { Metadata } from 'next';
import { notFound } from 'next/navigation';

import { isLocale } from '@/i18n/locales';
import { textsOf, translator } from '@/i18n/messages';
import { Texts } from '@/i18n/texts';
import { OrderPage } from '@/order/order-page';
import { Missing } from '@/shop/missing';

type Props = { params: Promise<{ locale: string; id: string }> };

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { locale } = await params;
  if (!isLocale(locale)) return {};
  return { title: translator(locale, 'order')('title'), robots: { index: false }, referrer: 'no-referrer' };
}

export default async function Order({ params }: Props) {
  const { locale, id } = await params;
  if (!isLocale(locale)) notFound();
  if (!ID.test(id)) return <Missing locale={locale} />;
  const t = translator(locale, 'order');
  return (
    <div className="shell py-8 sm:py-12">
      <noscript>
        <p className="mb-6 rounded-2xl bg-sun-soft px-4 py-3">{t('needs_script')}</p>
      </noscript>
      <Texts locale={locale} texts={textsOf(locale, 'checkout', 'order')}>
        <OrderPage key={id} id={id} locale={locale} />
      </Texts>
    </div>
  );
}
