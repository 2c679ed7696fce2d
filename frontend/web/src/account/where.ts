import type { Locale } from '@/i18n/locales';

/** Where to go after signing in: a page of ours that was asked for, else the account. */
export function wayBack(search: string, locale: Locale): string {
  const next = new URLSearchParams(search).get('next') ?? '';
  // Only ever a path: `//other.example` would lead elsewhere, and browsers leave out line breaks and tabs before they look.
  return /^\/(?![/\\])\S*$/.test(next) ? next : `/${locale}/account`;
}

export function signInAddress(locale: Locale, next: string): string {
  return `/${locale}/sign-in?next=${encodeURIComponent(next)}`;
}

/** The token that a mailed link carries behind `#`, where no server and no referrer sees it. */
export function tokenOf(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token') ?? '';
}
