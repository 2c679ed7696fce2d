import Link from 'next/link';

import { api } from '@/api/server';
import type { Locale } from '@/i18n/locales';
import { translator } from '@/i18n/messages';
import { ButtonLink } from '@/ui/button';

import { below } from './categories';
import { categoryPath, type Category } from './goods';
import { addressOf, isNarrowed, NO_WISHES, type Wishes } from './list-address';
import { ProductGrid } from './product-grid';

const IDEAS = 4;

type Props = { locale: Locale; path: string; category: string | null; wishes: Wishes; tree: readonly Category[] };

/** Nothing was found: what may be changed, and what else there is. */
export async function EmptyShelf({ locale, path, category, wishes, tree }: Props) {
  const t = translator(locale, 'catalog');
  const narrowed = isNarrowed(wishes);
  const elsewhere = wishes.q && !narrowed ? await closeTo(locale, wishes.q) : [];
  return (
    <div>
      <div className="rounded-stall bg-sunken px-6 py-10 text-center sm:py-14">
        <p className="mx-auto mb-2 max-w-xl font-display text-2xl font-semibold text-balance">
          {wishes.q ? t('nothing_for', { words: wishes.q }) : t('nothing')}
        </p>
        <p className="mx-auto max-w-xl text-pretty text-soft">
          {narrowed ? t('nothing_narrowed') : wishes.q ? t('nothing_words') : t('nothing_here')}
        </p>
        <div className="mt-6 flex flex-wrap justify-center gap-3">
          {narrowed ? (
            <ButtonLink href={addressOf(path, NO_WISHES, { q: wishes.q, sort: wishes.sort })} prefetch={false}>
              {t('remove_all')}
            </ButtonLink>
          ) : null}
          {category && wishes.q ? (
            <ButtonLink look="quiet" href={addressOf(`/${locale}/search`, NO_WISHES, { q: wishes.q })} prefetch={false}>
              {t('search_everywhere')}
            </ButtonLink>
          ) : null}
          <ButtonLink look={narrowed ? 'quiet' : 'primary'} href={`/${locale}/products`} prefetch={false}>
            {t('see_all')}
          </ButtonLink>
        </div>
      </div>
      <Ideas locale={locale} q={wishes.q} elsewhere={elsewhere} />
      <h2 className="mt-12 mb-4 text-xl">{t('walk')}</h2>
      <ul className="flex flex-wrap gap-2">
        {below(tree, null).map((step) => (
          <li key={step.path}>
            <Link
              href={`/${locale}${categoryPath(step.path)}`}
              prefetch={false}
              className="inline-flex min-h-11 items-center rounded-full border border-line bg-stall px-4 font-medium hover:border-soft"
            >
              {step.name}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

type Goods = Awaited<ReturnType<typeof newest>>;

async function Ideas({ locale, elsewhere }: { locale: Locale; q: string; elsewhere: Closest[] }) {
  const t = translator(locale, 'catalog');
  const goods: Goods = await newest(locale);
  return (
    <>
      {elsewhere.length > 0 ? (
        <p className="mt-8">
          {t('perhaps')}{' '}
          {elsewhere.map(({ word, href }, index) => (
            <span key={href}>
              {index > 0 ? ', ' : ''}
              <Link href={href} prefetch={false} className="font-semibold text-leaf underline underline-offset-4">
                {word}
              </Link>
            </span>
          ))}
        </p>
      ) : null}
      {goods.length > 0 ? (
        <>
          <h2 className="mt-12 mb-4 text-xl">{t('new_today')}</h2>
          <ProductGrid products={goods} locale={locale} t={translator(locale, 'goods')} />
        </>
      ) : null}
    </>
  );
}

async function newest(locale: Locale) {
  const { data } = await api(locale).GET('/v1/products', { params: { query: { limit: IDEAS, in_stock: true } } });
  return data?.items ?? [];
}

type Closest = { word: string; href: string };

/** Fewer words find more: each word of the search by itself, as far as it finds anything. */
async function closeTo(locale: Locale, q: string): Promise<Closest[]> {
  const words = [...new Set(q.split(/\s+/).filter((word) => word.length > 2))].slice(0, IDEAS);
  if (words.length < 2) return [];
  const found = await Promise.all(
    words.map(async (word) => {
      const { data } = await api(locale).GET('/v1/products', { params: { query: { q: word, limit: 1 } } });
      return data && data.items.length > 0
        ? [{ word, href: addressOf(`/${locale}/search`, NO_WISHES, { q: word }) }]
        : [];
    }),
  );
  return found.flat();
}
