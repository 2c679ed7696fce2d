import { redirect } from 'next/navigation';
import type { ReactNode } from 'react';

import { api, Unanswered } from '@/api/server';
import { decimalsOf } from '@/i18n/format';
import type { Locale } from '@/i18n/locales';
import { textsOf, translator } from '@/i18n/messages';
import { Texts } from '@/i18n/texts';
import { ButtonLink } from '@/ui/button';
import { Missing } from '@/shop/missing';
import { Icon } from '@/ui/icons';

import { Chips } from './chips';
import { EmptyShelf } from './empty-shelf';
import { Filters } from './filters';
import {
  addressOf,
  attributesText,
  isNarrowed,
  readWishes,
  SORTS,
  typedPrice,
  type Asked,
  type Wishes,
} from './list-address';
import { MoreProducts } from './more-products';
import { ProductGrid } from './product-grid';
import { categoriesOf, currencyOf } from './read';
import { SortSelect } from './sort-select';

/** Goods on a page: divides by each number of goods in a row. */
const PAGE = 24;

type Props = {
  locale: Locale;
  /** Where this list is, such as `/en/products`, and the category that its address names. */
  path: string;
  category: string | null;
  asked: Asked;
  crumbs?: ReactNode;
  heading: ReactNode;
  /** What stands between the heading and the goods: the branches of a category. */
  branches?: ReactNode;
};

/** A list of goods with all that narrows, orders and continues it. */
export async function Shelf({ locale, path, category, asked, crumbs, heading, branches }: Props) {
  const wishes = readWishes(asked);
  const [list, tree] = await Promise.all([find(locale, category, wishes), categoriesOf(locale)]);
  if (!list) return <Missing locale={locale} />;
  const { facets, total = 0 } = list;
  const currency = list.items[0]?.price.currency ?? (await currencyOf(locale));
  followTyped(path, wishes, asked, decimalsOf(currency));
  const t = translator(locale, 'catalog');
  const count = t(list.total_capped ? 'found_capped' : 'found', { count: total });
  const next = list.next ? addressOf(path, wishes, { cursor: list.next }) : null;
  const where = { locale, path, category, wishes, tree, currency };
  const filters = facets ? <Filters {...where} facets={facets} count={count} /> : null;
  const isEmpty = list.items.length === 0;
  return (
    <div className="shell pt-2 pb-16">
      {crumbs}
      <div className="mt-4 mb-6">{heading}</div>
      {branches}
      <div className="gap-10 lg:grid lg:grid-cols-[15rem_1fr]">
        {isEmpty && !isNarrowed(wishes) ? null : filters}
        <section aria-label={t('goods')} className={isEmpty && !isNarrowed(wishes) ? 'lg:col-span-2' : 'min-w-0'}>
          <h2 className="sr-only">{t('goods')}</h2>
          <div className="mb-5 flex flex-wrap items-center gap-x-4 gap-y-3">
            <p role="status" className={isEmpty ? 'sr-only' : 'w-full text-soft sm:mr-auto sm:w-auto'}>
              {count}
            </p>
            {isEmpty ? null : <FiltersButton label={t('filters')} />}
            {isEmpty ? null : <SortBar locale={locale} path={path} wishes={wishes} />}
          </div>
          <Chips {...where} />
          {isEmpty ? (
            <EmptyShelf {...where} />
          ) : (
            <Texts locale={locale} texts={textsOf(locale, 'goods')}>
              <ProductGrid products={list.items} locale={locale} t={translator(locale, 'goods')} eager />
              <MoreProducts
                key={addressOf(path, wishes, { cursor: wishes.cursor })}
                address={addressOf(path, wishes, { cursor: wishes.cursor })}
                query={queryOf(category, wishes)}
                next={list.next}
                href={next}
                shown={list.items.length}
              />
            </Texts>
          )}
          {wishes.cursor ? (
            <p className="mt-8 text-center">
              <ButtonLink look="plain" href={addressOf(path, wishes)} prefetch={false}>
                <Icon name="left" /> {t('from_beginning')}
              </ButtonLink>
            </p>
          ) : null}
        </section>
      </div>
    </div>
  );
}

/** The API's parameters of this list. */
function queryOf(category: string | null, wishes: Wishes) {
  return {
    limit: PAGE,
    ...(category ? { category } : {}),
    ...(wishes.q ? { q: wishes.q } : {}),
    ...(wishes.min_price === null ? {} : { min_price: wishes.min_price }),
    ...(wishes.max_price === null ? {} : { max_price: wishes.max_price }),
    ...(wishes.in_stock ? { in_stock: true } : {}),
    ...(wishes.attributes.length > 0 ? { attributes: attributesText(wishes.attributes) } : {}),
    ...(wishes.sort ? { sort: wishes.sort } : {}),
  };
}

async function find(locale: Locale, category: string | null, wishes: Wishes) {
  const query = { ...queryOf(category, wishes), facets: true, ...(wishes.cursor ? { cursor: wishes.cursor } : {}) };
  const { data, response } = await api(locale).GET('/v1/products', { params: { query } });
  // A cursor that is none: somebody changed the address by hand.
  if (response.status === 400 || response.status === 422) return null;
  if (!data) throw new Unanswered(response.status);
  return data;
}

/** Prices are typed in whole units of the currency; the list's own address has them as the API does. */
function followTyped(path: string, wishes: Wishes, asked: Asked, decimals: number): void {
  const { from, to } = asked;
  if (from === undefined && to === undefined) return;
  const read = (value: string | string[] | undefined) => typedPrice(Array.isArray(value) ? value[0] : value, decimals);
  const [least, most] = [read(from), read(to)];
  const isTurned = least !== null && most !== null && least > most;
  redirect(addressOf(path, wishes, { min_price: isTurned ? most : least, max_price: isTurned ? least : most }));
}

function FiltersButton({ label }: { label: string }) {
  return (
    <button
      type="button"
      popoverTarget="filters"
      className="inline-flex min-h-11 items-center justify-center gap-2 rounded-full border border-line bg-stall px-4 font-medium hover:border-soft lg:hidden"
    >
      <Icon name="filter" /> {label}
    </button>
  );
}

function SortBar({ locale, path, wishes }: { locale: Locale; path: string; wishes: Wishes }) {
  const t = translator(locale, 'catalog');
  const usual = wishes.q ? 'relevance' : 'newest';
  const names = {
    relevance: t('sort_relevance'),
    newest: t('sort_newest'),
    price: t('sort_price'),
    '-price': t('sort_price_down'),
    name: t('sort_name'),
  };
  const sorts = SORTS.filter((sort) => wishes.q !== '' || sort !== 'relevance');
  return (
    <SortSelect
      path={path}
      label={t('sort')}
      apply={t('apply')}
      chosen={wishes.sort ?? usual}
      choices={sorts.map((sort) => ({
        value: sort,
        name: names[sort],
        href: addressOf(path, wishes, { sort: sort === usual ? null : sort }),
      }))}
      kept={hiddenOf(path, wishes)}
    />
  );
}

/** What a form must carry along so that the rest of the address is kept: names and values. */
export function hiddenOf(path: string, wishes: Wishes, without: readonly string[] = ['sort']): [string, string][] {
  const address = new URL(addressOf(path, wishes), 'http://shop');
  return [...address.searchParams].filter(([name]) => !without.includes(name));
}
