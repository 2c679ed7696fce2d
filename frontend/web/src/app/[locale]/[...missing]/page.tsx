import type { Metadata } from 'next';
import { notFound } from 'next/navigation';

import { isLocale } from '@/i18n/locales';
import { Missing, missingMetadata } from '@/shop/missing';

type Props = { params: Promise<{ locale: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { locale } = await params;
  return isLocale(locale) ? missingMetadata(locale) : {};
}

/** An address below a language that no page has: the 404 is said in that language, inside the shop. */
export default async function MissingPage({ params }: Props) {
  const { locale } = await params;
  if (!isLocale(locale)) notFound();
  return <Missing locale={locale} />;
}
