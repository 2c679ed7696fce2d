'use client';

import Link from 'next/link';
import { useCallback, type ReactNode } from 'react';

import { ButtonLink } from '@/ui/button';
import { inputLook } from '@/ui/field';
import { Picture } from '@/ui/picture';

import { useAdmin } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { useSay } from '../frame/toasts';
import { troubleOf } from '../frame/trouble';
import { Listing, type Column } from '../list/listing';
import { SearchField } from '../list/search-field';
import { useFilters } from '../list/use-filters';
import { useList } from '../list/use-list';
import { AdjustStock } from '../stock/adjust-stock';
import type { Level } from '../stock/calls';
import { LevelSelect } from '../stock/level-select';
import { archive, askProducts, restore, type Filters, type Product } from './calls';
import { PriceCell } from './price-cell';

const STATUSES = ['active', 'archived', 'all'] as const;
const VARIANTS_SHOWN_MAX = 6;
const keyOf = (product: Product) => product.id;

export function ProductsPage() {
  const { t } = useAdmin();
  const say = useSay();
  const [filters, change] = useFilters();
  const { q, status = 'active', below } = filters;
  const ask = useCallback(
    (cursor?: string) =>
      askProducts(
        Object.fromEntries(Object.entries({ q, status, below, cursor }).filter(([, value]) => value)) as Filters,
      ),
    [q, status, below],
  );
  const list = useList(ask, keyOf);

  async function putAway(product: Product) {
    const result = await archive(product.id);
    if (!result.ok) {
      say(troubleOf(result.failure, t), { bad: true });
      return;
    }
    list.put({ ...product, archived: true });
    say(t('archived', { name: product.name }), { undo: () => void bringBack(product) });
  }

  async function bringBack(product: Product) {
    const result = await restore(product.id);
    if (result.ok) {
      list.put(result.data);
      say(t('restored', { name: product.name }));
    } else say(troubleOf(result.failure, t), { bad: true });
  }

  const columns: Column<Product>[] = [
    { name: t('product'), cell: (product) => <Name product={product} /> },
    {
      name: t('price'),
      cell: (product) => (
        <PerVariant product={product} tellsRest cell={(variant) => <PriceCell variant={variant} put={list.put} />} />
      ),
    },
    {
      name: t('available'),
      cell: (product) => (
        <PerVariant
          product={product}
          cell={(variant) => (
            <>
              <span className="w-20 truncate text-xs text-soft sm:hidden">{variant.name || variant.sku}</span>
              <AdjustStock
                sku={variant.sku}
                available={variant.available}
                onDone={(level) => {
                  list.put(restocked(product, level));
                }}
              />
            </>
          )}
        />
      ),
    },
    {
      name: t('actions'),
      end: true,
      cell: (product) => (
        <button
          type="button"
          className="-mr-2 min-h-11 px-2 whitespace-nowrap text-leaf underline-offset-4 hover:underline"
          aria-label={`${product.archived ? t('restore') : t('archive')}: ${product.name}`}
          onClick={() => void (product.archived ? bringBack(product) : putAway(product))}
        >
          {product.archived ? t('restore') : t('archive')}
        </button>
      ),
    },
  ];

  return (
    <>
      <Heading title={t('products')}>
        <ButtonLink href="/admin/import" look="quiet" prefetch={false}>
          {t('import')}
        </ButtonLink>
        <ButtonLink href="/admin/products/new" prefetch={false}>
          {t('new_product')}
        </ButtonLink>
      </Heading>
      <div className="mb-4 flex flex-wrap gap-3">
        <SearchField
          label={t('find_products')}
          value={q ?? ''}
          onChange={(value) => {
            change({ q: value });
          }}
        />
        <select
          aria-label={t('state')}
          className={`${inputLook()} picker pr-9 sm:max-w-48`}
          value={status}
          onChange={(event) => {
            change({ status: event.target.value === 'active' ? '' : event.target.value });
          }}
        >
          {STATUSES.map((one) => (
            <option key={one} value={one}>
              {t(`show_${one}`)}
            </option>
          ))}
        </select>
        <LevelSelect
          label={t('stock')}
          below={below}
          onChange={(level) => {
            change({ below: level });
          }}
        />
      </div>
      <Listing caption={t('products')} columns={columns} list={list} keyOf={keyOf} empty={t('no_products')} />
    </>
  );
}

function restocked(product: Product, level: Level): Product {
  const variants = product.variants.map((variant) => (variant.sku === level.sku ? { ...variant, ...level } : variant));
  return { ...product, variants };
}

function Name({ product }: { product: Product }) {
  const { t } = useAdmin();
  const image = product.images[0];
  return (
    <Link href={`/admin/products/${product.id}`} prefetch={false} className="flex min-w-52 items-center gap-3">
      <span className="grid size-11 shrink-0 place-items-center rounded-lg bg-sunken">
        {image ? <Picture image={{ ...image, alt: '' }} sizes="40px" className="size-9 object-contain" /> : null}
      </span>
      <span className="min-w-0">
        <span className="block font-semibold underline-offset-4 hover:underline">{product.name}</span>
        <span className="block text-xs text-soft">{product.categories.join(', ')}</span>
        {product.archived ? (
          <span className="mt-1 inline-block rounded-full bg-sunken px-2.5 py-0.5 text-xs font-medium">
            {t('is_archived')}
          </span>
        ) : null}
      </span>
    </Link>
  );
}

/** A cell with a line for each variant, each as high as the other, so that price and stock stand beside each other. */
function PerVariant({
  product,
  tellsRest = false,
  cell,
}: {
  product: Product;
  /** Whether it leads to the variants that are not shown: once for all columns. */
  tellsRest?: boolean;
  cell: (variant: Product['variants'][number]) => ReactNode;
}) {
  const { t } = useAdmin();
  const shown = product.variants.filter((variant) => !variant.archived).slice(0, VARIANTS_SHOWN_MAX);
  const rest = product.variants.filter((variant) => !variant.archived).length - shown.length;
  return (
    <ul className="grid gap-1">
      {shown.map((variant) => (
        <li key={variant.sku} className="flex h-11 items-center gap-2">
          {cell(variant)}
        </li>
      ))}
      {rest > 0 ? (
        <li className="flex h-8 items-center text-xs">
          {tellsRest ? (
            <Link
              href={`/admin/products/${product.id}`}
              prefetch={false}
              aria-label={`${product.name}: ${t('more_variants', { count: rest })}`}
              className="py-1.5 text-leaf underline-offset-4 hover:underline"
            >
              {t('more_variants', { count: rest })}
            </Link>
          ) : null}
        </li>
      ) : null}
    </ul>
  );
}
