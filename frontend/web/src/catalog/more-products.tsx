'use client';

import Link from 'next/link';
import { useEffect, useRef, useState, type MouseEvent } from 'react';

import { api, outcome } from '@/api/browser';
import type { paths } from '@/api/schema';
import { useLocale, useTexts } from '@/i18n/texts';
import { buttonLook } from '@/ui/button';
import { Notice } from '@/ui/notice';

import type { Product } from './goods';
import { ProductCard } from './product-card';
import { GRID } from './product-grid';

type Added = { products: Product[]; next: string | null };
type Query = NonNullable<paths['/v1/products']['get']['parameters']['query']>;

// Whoever looks at a product and comes back finds the list as long as it was.
const KEPT_MAX = 8;
const KEPT_PRODUCTS_MAX = 480;
const kept = new Map<string, Added>();

function keep(address: string, added: Added): void {
  kept.delete(address);
  kept.set(address, added);
  const oldest = kept.keys().next();
  if (kept.size > KEPT_MAX && !oldest.done) kept.delete(oldest.value);
}

type Props = {
  /** Of the list, in which this goes on. */
  address: string;
  query: Query;
  next: string | null;
  /** Where the next page is for who has no JavaScript. */
  href: string | null;
  shown: number;
};

/** The rest of a list, page by page under the first one. */
export function MoreProducts({ address, query, next, href, shown }: Props) {
  const t = useTexts('goods');
  const locale = useLocale();
  const [added, setAdded] = useState<Added>(() => kept.get(address) ?? { products: [], next });
  const [state, setState] = useState<'idle' | 'asking' | 'failed'>('idle');
  const list = useRef<HTMLUListElement>(null);
  const newFrom = useRef(-1);

  useEffect(() => {
    if (newFrom.current < 0) return;
    list.current?.children[newFrom.current]?.querySelector('a')?.focus({ preventScroll: true });
    newFrom.current = -1;
  }, [added]);

  async function more(event: MouseEvent) {
    // The way of who wants another tab, and of lists that have become too long for one page.
    if (event.metaKey || event.ctrlKey || event.shiftKey || added.next === null) return;
    if (added.products.length >= KEPT_PRODUCTS_MAX) return;
    event.preventDefault();
    if (state === 'asking') return;
    setState('asking');
    const found = await outcome(
      api.GET('/v1/products', { params: { query: { ...query, cursor: added.next, locale } } }),
    );
    setState(found.ok ? 'idle' : 'failed');
    if (!found.ok) return;
    const known = new Set(added.products.map(({ id }) => id));
    const products = [...added.products, ...found.data.items.filter(({ id }) => !known.has(id))];
    newFrom.current = added.products.length;
    const whole = { products, next: found.data.next };
    keep(address, whole);
    setAdded(whole);
  }

  const onward = added.next === next ? href : href && added.next ? withCursor(href, added.next) : null;
  return (
    <>
      {added.products.length > 0 ? (
        <ul ref={list} className={`${GRID} mt-8`}>
          {added.products.map((product) => (
            <li key={product.id}>
              <ProductCard product={product} locale={locale} t={t} />
            </li>
          ))}
        </ul>
      ) : null}
      <p role="status" className="sr-only">
        {added.products.length > 0 ? t('shown', { count: shown + added.products.length }) : ''}
      </p>
      {state === 'failed' ? (
        <div className="mt-8">
          <Notice tone="bad">{t('more_failed')}</Notice>
        </div>
      ) : null}
      {onward ? (
        <p className="mt-10 text-center">
          <Link
            href={onward}
            prefetch={false}
            rel="next"
            onClick={more}
            aria-busy={state === 'asking'}
            className={buttonLook('quiet', 'min-w-48')}
          >
            {state === 'asking' ? t('asking') : state === 'failed' ? t('retry') : t('more')}
          </Link>
        </p>
      ) : null}
    </>
  );
}

function withCursor(href: string, cursor: string): string {
  const [path = '', query] = href.split('?');
  const search = new URLSearchParams(query);
  search.set('cursor', cursor);
  return `${path}?${search}`;
}
