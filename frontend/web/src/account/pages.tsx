import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import type { ComponentType } from 'react';

import { isLocale } from '@/i18n/locales';
import { textsOf, translator, type Messages } from '@/i18n/messages';
import { Texts } from '@/i18n/texts';
import type { KeyOf } from '@/i18n/translate';

import { Card } from './card';

type Props = { params: Promise<{ locale: string }> };
type Key = KeyOf<Messages['account']>;

/** The title of a page that is for one person alone, and so for no search engine. */
export function metadataOf(title: Key) {
  return async function generateMetadata({ params }: Props): Promise<Metadata> {
    const { locale } = await params;
    return isLocale(locale) ? { title: translator(locale, 'account')(title), robots: { index: false } } : {};
  };
}

/** A page with one form, or whatever `Inside` is. */
export function cardPage(title: Key, Inside: ComponentType, intro?: Key) {
  return async function CardPage({ params }: Props) {
    const { locale } = await params;
    if (!isLocale(locale)) notFound();
    const t = translator(locale, 'account');
    return (
      <Texts locale={locale} texts={textsOf(locale, 'account')}>
        <Card title={t(title)} {...(intro ? { intro: t(intro) } : {})}>
          <Inside />
        </Card>
      </Texts>
    );
  };
}
