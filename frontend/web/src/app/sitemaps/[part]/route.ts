import { api } from '@/api/server';
import { categoryPath, productPath, type Category } from '@/catalog/goods';
import { LOCALES } from '@/i18n/locales';
import { sitemap, type Listed } from '@/shop/sitemap';

export const dynamic = 'force-dynamic';

/** As many as a part may need: it has two pages today. */
const PAGES_MAX = 10;

/** `lists.xml` has what shows goods, `0.xml` and those that follow the goods themselves. */
export async function GET(_: Request, { params }: { params: Promise<{ part: string }> }): Promise<Response> {
  const { part } = await params;
  const number = /^(\d{1,6})\.xml$/.exec(part)?.[1];
  if (number === undefined && part !== 'lists.xml') return new Response(null, { status: 404 });
  const pages = number === undefined ? await lists() : await goods(Number(number));
  if (pages === null) return new Response(null, { status: 503 });
  return pages.length > 0 ? sitemap(pages) : new Response(null, { status: 404 });
}

async function lists(): Promise<Listed[] | null> {
  const { data } = await api(LOCALES[0]).GET('/v1/categories');
  const paths = (branches: readonly Category[], above: string): string[] =>
    branches.flatMap(({ slug, children }) => [`${above}${slug}`, ...paths(children, `${above}${slug}/`)]);
  return data
    ? [{ path: '' }, { path: '/products' }, ...paths(data.items, '').map((path) => ({ path: categoryPath(path) }))]
    : null;
}

async function goods(part: number): Promise<Listed[] | null> {
  const found: Listed[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query: { part: number; cursor?: string } = cursor ? { part, cursor } : { part };
    const { data } = await api(LOCALES[0]).GET('/v1/sitemap', { params: { query } });
    if (!data) return null;
    found.push(...data.items.map(({ slug, updated_at: changedAt }) => ({ path: productPath(slug), changedAt })));
    cursor = data.next;
    if (cursor === null) break;
  }
  return found;
}
