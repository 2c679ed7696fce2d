import 'server-only';

import { LOCALES } from '@/i18n/locales';

import { PUBLIC_URL } from './settings';

/** A page by its path below the language, and when it last changed. */
export type Listed = { path: string; changedAt?: string };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function xml(root: string, content: string): Response {
  return new Response(`<?xml version="1.0" encoding="UTF-8"?>\n${content}</${root}>\n`, {
    headers: { 'content-type': 'application/xml; charset=utf-8' },
  });
}

/** Names these sitemaps, by their paths. */
export function sitemapIndex(paths: readonly string[]): Response {
  const rows = paths.map((path) => `<sitemap><loc>${escaped(PUBLIC_URL + path)}</loc></sitemap>\n`);
  return xml('sitemapindex', `<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${rows.join('')}`);
}

/** Each page in each language, which name each other. */
export function sitemap(pages: readonly Listed[]): Response {
  const rows = pages.flatMap(({ path, changedAt }) => {
    const links = LOCALES.map(
      (locale) =>
        `<xhtml:link rel="alternate" hreflang="${locale}" href="${escaped(`${PUBLIC_URL}/${locale}${path}`)}"/>`,
    ).join('');
    const changed = changedAt ? `<lastmod>${escaped(changedAt)}</lastmod>` : '';
    return LOCALES.map(
      (locale) => `<url><loc>${escaped(`${PUBLIC_URL}/${locale}${path}`)}</loc>${changed}${links}</url>\n`,
    );
  });
  const names = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"';
  return xml('urlset', `<urlset ${names}>\n${rows.join('')}`);
}
