'use client';

import { useCallback } from 'react';

import { api, outcome } from '@/api/browser';
import type { components, operations } from '@/api/schema';
import { formatTime } from '@/i18n/format';

import { useAdmin } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { useStaff } from '../frame/staff';
import { Listing, type Column } from '../list/listing';
import { SearchField } from '../list/search-field';
import { useFilters } from '../list/use-filters';
import { useList } from '../list/use-list';

type Act = components['schemas']['ActView'];
type Filters = NonNullable<operations['list_acts']['parameters']['query']>;

const ID_SHOWN = 8;
const keyOf = (act: Act) => act.id;
const askActs = (filters: Filters) => outcome(api.GET('/v1/admin/audit', { params: { query: filters } }));

/** What staff did, the newest first: nothing of it can be changed. */
export function AuditPage() {
  const { t, locale } = useAdmin();
  const me = useStaff();
  const [{ action }, change] = useFilters();
  const ask = useCallback(
    (cursor?: string) => askActs({ ...(action ? { action } : {}), ...(cursor ? { cursor } : {}) }),
    [action],
  );
  const list = useList(ask, keyOf);
  const nameOf = (actor: string | null) =>
    actor === null ? t('by_command') : actor === me.id ? t('you') : actor.slice(-ID_SHOWN);
  const columns: Column<Act>[] = [
    { name: t('time'), cell: (act) => <span className="whitespace-nowrap">{formatTime(act.at, locale)}</span> },
    { name: t('actor'), cell: (act) => <span title={act.actor ?? ''}>{nameOf(act.actor)}</span> },
    { name: t('act'), cell: (act) => <span className="font-medium">{act.action}</span> },
    {
      name: t('target'),
      cell: (act) => <span className="block max-w-72 break-all max-sm:text-right">{act.target}</span>,
    },
    {
      name: t('details'),
      cell: (act) => <code className="block max-w-md text-xs break-all max-sm:text-right">{detailOf(act.detail)}</code>,
    },
  ];
  return (
    <>
      <Heading title={t('audit')} />
      <div className="mb-4 flex max-w-xl">
        <SearchField
          label={t('find_acts')}
          value={action ?? ''}
          onChange={(value) => {
            change({ action: value });
          }}
        />
      </div>
      <Listing caption={t('audit')} columns={columns} list={list} keyOf={keyOf} empty={t('no_acts')} />
    </>
  );
}

function detailOf(detail: unknown): string {
  const text = JSON.stringify(detail ?? null);
  return text === 'null' || text === '{}' ? '' : text;
}
