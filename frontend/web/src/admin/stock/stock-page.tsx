'use client';

import Link from 'next/link';
import { useCallback, useState } from 'react';

import { formatTime } from '@/i18n/format';
import { Dialog } from '@/ui/dialog';

import { useAdmin, type AdminKey } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { Listing, type Column } from '../list/listing';
import { SearchField } from '../list/search-field';
import { useFilters } from '../list/use-filters';
import { useList } from '../list/use-list';
import { AdjustStock } from './adjust-stock';
import { askJournal, askStock, type Entry, type Filters, type Stock } from './calls';

const LOW = '5';
const KINDS = {
  held: 'kind_held',
  released: 'kind_released',
  sold: 'kind_sold',
  cancelled: 'kind_cancelled',
  refunded: 'kind_refunded',
  adjusted: 'kind_adjusted',
  imported: 'kind_imported',
  created: 'kind_created',
} satisfies Record<string, AdminKey>;
type Kind = keyof typeof KINDS;

const keyOf = (row: Stock) => row.sku;
const keyOfEntry = (entry: Entry) => entry.id;

export function StockPage() {
  const { t } = useAdmin();
  const [filters, change] = useFilters();
  const { q, below } = filters;
  const ask = useCallback(
    (cursor?: string) =>
      askStock(Object.fromEntries(Object.entries({ q, below, cursor }).filter(([, value]) => value)) as Filters),
    [q, below],
  );
  const list = useList(ask, keyOf);
  const [journal, setJournal] = useState<string | null>(null);
  const columns: Column<Stock>[] = [
    {
      name: t('sku'),
      cell: (row) => (
        <Link href={`/admin/products/${row.product_id}`} prefetch={false} className="block min-w-40 hover:underline">
          <span className="block font-medium">{row.name}</span>
          <span className="block text-xs break-all text-soft">{row.sku}</span>
        </Link>
      ),
    },
    { name: t('on_hand'), cell: (row) => row.on_hand, end: true },
    { name: t('held'), cell: (row) => row.held, end: true },
    {
      name: t('available'),
      cell: (row) => <AdjustStock sku={row.sku} available={row.available} onDone={list.reload} />,
      end: true,
    },
    {
      name: t('journal'),
      end: true,
      cell: (row) => (
        <button
          type="button"
          className="min-h-11 px-2 text-leaf underline-offset-4 hover:underline"
          aria-label={`${t('journal')}: ${row.sku}`}
          onClick={() => {
            setJournal(row.sku);
          }}
        >
          {t('journal')}
        </button>
      ),
    },
  ];
  return (
    <>
      <Heading title={t('stock')} />
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <SearchField
          label={t('find_products')}
          value={q ?? ''}
          onChange={(value) => {
            change({ q: value });
          }}
        />
        <label className="flex min-h-11 items-center gap-2">
          <input
            type="checkbox"
            className="size-5 accent-leaf"
            checked={Boolean(below)}
            onChange={(event) => {
              change({ below: event.target.checked ? LOW : '' });
            }}
          />
          {t('only_low')}
        </label>
      </div>
      <Listing caption={t('stock')} columns={columns} list={list} keyOf={keyOf} empty={t('no_stock')} />
      {journal !== null ? (
        <Journal
          sku={journal}
          onClose={() => {
            setJournal(null);
          }}
        />
      ) : null}
    </>
  );
}

function Journal({ sku, onClose }: { sku: string; onClose: () => void }) {
  const { t, locale } = useAdmin();
  const list = useList(
    useCallback((cursor?: string) => askJournal(sku, cursor), [sku]),
    keyOfEntry,
  );
  const columns: Column<Entry>[] = [
    { name: t('time'), cell: (entry) => <span className="whitespace-nowrap">{formatTime(entry.at, locale)}</span> },
    { name: t('what'), cell: (entry) => (entry.kind in KINDS ? t(KINDS[entry.kind as Kind]) : entry.kind) },
    { name: t('on_hand'), cell: (entry) => signed(entry.delta_on_hand, locale), end: true },
    { name: t('held'), cell: (entry) => signed(entry.delta_held, locale), end: true },
    { name: t('reason'), cell: (entry) => entry.reason ?? '' },
  ];
  return (
    <Dialog open onClose={onClose} title={`${t('journal')} · ${sku}`} closeLabel={t('close')} side>
      <div className="p-4">
        <Listing caption={t('journal')} columns={columns} list={list} keyOf={keyOfEntry} empty={t('no_journal')} />
      </div>
    </Dialog>
  );
}

function signed(number: number, locale: string): string {
  return new Intl.NumberFormat(locale, { signDisplay: 'exceptZero' }).format(number);
}
