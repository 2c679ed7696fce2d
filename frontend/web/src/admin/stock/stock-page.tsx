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
import { useNames } from '../people/use-names';
import { AdjustStock } from './adjust-stock';
import { askJournal, askStock, type Entry, type Filters, type Stock } from './calls';
import { LevelSelect } from './level-select';

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
      cell: (row) => (
        <AdjustStock
          sku={row.sku}
          available={row.available}
          onDone={(level) => {
            list.put({ ...row, ...level });
          }}
        />
      ),
      end: true,
    },
    {
      name: t('journal'),
      end: true,
      cell: (row) => (
        <button
          type="button"
          className="-mr-2 min-h-11 px-2 text-leaf underline-offset-4 hover:underline"
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
        <LevelSelect
          label={t('available')}
          below={below}
          onChange={(level) => {
            change({ below: level });
          }}
        />
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
  const nameOf = useNames((list.items ?? []).map((entry) => entry.actor ?? ''));
  const columns: Column<Entry>[] = [
    { name: t('what'), cell: (entry) => <What entry={entry} nameOf={nameOf} /> },
    { name: t('on_hand'), cell: (entry) => signed(entry.delta_on_hand, locale), end: true },
    { name: t('held'), cell: (entry) => signed(entry.delta_held, locale), end: true },
  ];
  return (
    <Dialog open onClose={onClose} title={`${t('journal')} · ${sku}`} closeLabel={t('close')} side>
      <div className="p-4">
        <Listing caption={t('journal')} columns={columns} list={list} keyOf={keyOfEntry} empty={t('no_journal')} />
      </div>
    </Dialog>
  );
}

/** What happened, when and why, who did it, and the order that it was for. */
function What({ entry, nameOf }: { entry: Entry; nameOf: (id: string) => string }) {
  const { t, locale } = useAdmin();
  return (
    <span className="grid gap-0.5">
      <span className="font-medium">{entry.kind in KINDS ? t(KINDS[entry.kind as Kind]) : entry.kind}</span>
      {entry.reason ? <span className="break-words">{entry.reason}</span> : null}
      <span className="text-soft">
        {[formatTime(entry.at, locale), entry.actor === null ? '' : nameOf(entry.actor)].filter(Boolean).join(' · ')}
      </span>
      {entry.order_id === null ? null : (
        <Link
          href={`/admin/orders/${entry.order_id}`}
          prefetch={false}
          className="text-leaf underline-offset-4 hover:underline"
        >
          {t('to_order')}
        </Link>
      )}
    </span>
  );
}

function signed(number: number, locale: string): string {
  return new Intl.NumberFormat(locale, { signDisplay: 'exceptZero' }).format(number);
}
