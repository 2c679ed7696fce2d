import type { Metadata } from 'next';
import { notFound } from 'next/navigation';

import { api, Unanswered } from '@/api/server';
import { CheckoutPage } from '@/checkout/checkout-page';
import { isLocale } from '@/i18n/locales';
import { textsOf, translator } from '@/i18n/messages';
import { Texts } from '@/i18n/texts';

type Props = { params: Promise<{ locale: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { locale } = await params;
  if (!isLocale(locale)) return {};
  return { title: translator(locale, 'checkout')('title'), robots: { index: false } };
}

export default async function Checkout({ params }: Props) {
  const { locale } = await params;
  if (!isLocale(locale)) notFound();
  const t = translator(locale, 'checkout');
  const { data: shop, response } = await api(locale).GET('/v1/shop');
  if (!shop) throw new Unanswered(response.status);
  return (
    // What follows the page stays below the screen, whatever turns out to be in the cart.
    <div className="shell min-h-[80dvh] py-8 sm:py-12">
      <h1 className="mb-6 text-3xl sm:text-4xl">{t('title')}</h1>
      <noscript>
        <p className="mb-6 rounded-2xl bg-sun-soft px-4 py-3">{t('needs_script')}</p>
      </noscript>
      <Texts locale={locale} texts={textsOf(locale, 'checkout')}>
        <CheckoutPage locale={locale} shop={shop} />
      </Texts>
    </div>
  );
}
