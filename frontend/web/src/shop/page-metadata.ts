import 'server-only';

import type { Metadata } from 'next';

import { LOCALES, type Locale } from '@/i18n/locales';

import { PUBLIC_URL, SHOP_NAME } from './settings';

const DESCRIPTION_MAX = 160;
/** A smaller picture is shown beside the text, not stretched above it. */
const LARGE_FROM_PX = 600;

type Page = {
  locale: Locale;
  /** Below the language: `/products/palmer-mango`, or nothing for the home page. */
  path: string;
  title?: string;
  description?: string;
  image?: { url: string; alt: string; width?: number | null; height?: number | null } | null;
  /** False for what is one of many views of the same goods. */
  index?: boolean;
};

/** Title, description, address, languages and picture of a page, as search engines and chats read them. */
export function pageMetadata({ locale, path, title, description, image, index = true }: Page): Metadata {
  const short = description ? shortened(description) : undefined;
  const addresses = Object.fromEntries(LOCALES.map((other) => [other, `${PUBLIC_URL}/${other}${path}`]));
  const words = { ...(title ? { title } : {}), ...(short ? { description: short } : {}) };
  const pictures = image
    ? [
        {
          url: image.url,
          alt: image.alt,
          ...(image.width && image.height ? { width: image.width, height: image.height } : {}),
        },
      ]
    : [];
  return {
    ...words,
    alternates: {
      canonical: `${PUBLIC_URL}/${locale}${path}`,
      languages: { ...addresses, 'x-default': `${PUBLIC_URL}/${LOCALES[0]}${path}` },
    },
    openGraph: {
      ...words,
      type: 'website',
      siteName: SHOP_NAME,
      locale: locale.replace('-', '_'),
      url: `${PUBLIC_URL}/${locale}${path}`,
      images: pictures,
    },
    twitter: { card: (image?.width ?? 0) >= LARGE_FROM_PX ? 'summary_large_image' : 'summary' },
    ...(index ? {} : { robots: { index: false, follow: true } }),
  };
}

/** As much of a text as a search result shows, ended at a word. */
export function shortened(text: string, max: number = DESCRIPTION_MAX): string {
  const plain = text
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^[\s|:-]+$/gm, ' ')
    .replace(/[*_`#>]+/g, '')
    .replace(/[\s|]+/g, ' ')
    .trim();
  if (plain.length <= max) return plain;
  const cut = plain.slice(0, max);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), max / 2))}…`;
}
