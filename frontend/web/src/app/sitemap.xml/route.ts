import { api } from '@/api/server';
import { LOCALES } from '@/i18n/locales';
import { sitemapIndex } from '@/shop/sitemap';

export const dynamic = 'force-dynamic';

/** The sitemaps of this shop: its lists, and its goods in parts. */
export async function GET(): Promise<Response> {
  const { data } = await api(LOCALES[0]).GET('/v1/sitemap');
  if (!data) return new Response(null, { status: 503 });
  const parts = Array.from({ length: data.parts }, (_, part) => `/sitemaps/${part}.xml`);
  return sitemapIndex(['/sitemaps/lists.xml', ...parts]);
}
