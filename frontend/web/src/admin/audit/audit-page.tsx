'use client';

import Link from 'next/link';
import { useCallback } from 'react';

import { useMine } from '@/account/use-mine';
import { api, outcome } from '@/api/browser';
import type { components, operations } from '@/api/schema';
import { formatTime } from '@/i18n/format';
import { inputLook } from '@/ui/field';

import { useAdmin } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { Listing, type Column } from '../list/listing';
import { useFilters } from '../list/use-filters';
import { rememberer, useKnown } from '../list/use-known';
import { useList } from '../list/use-list';
import { useNames } from '../people/use-names';
import { askProduct } from '../products/calls';
import { askSettings } from '../settings/calls';
import { ACTS, isAction, pathOf, personOf, productOf, toldName } from './acts';
import { factsOf } from './facts';
import { FactsList } from './facts-list';

type Act = components['schemas']['ActView'];
type Filters = NonNullable<operations['list_acts']['parameters']['query']>;

const keyOf = (act: Act) => act.id;
const askActs = (filters: Filters) => outcome(api.GET('/v1/admin/audit', { params: { query: filters } }));

const askName = rememberer(async (id) => {
  const found = await askProduct(id);
  if (found.ok) return found.data.name;
  return found.failure.status === 404 ? null : undefined;
});

/** What staff did, the newest first: nothing of it can be changed. */
export function AuditPage() {
  const { t, locale } = useAdmin();
  const [{ action }, change] = useFilters();
  const ask = useCallback(
    (cursor?: string) => askActs({ ...(action ? { action } : {}), ...(cursor ? { cursor } : {}) }),
    [action],
  );
  const list = useList(ask, keyOf);
  const { data: settings } = useMine(askSettings);
  const nameOf = useNames((list.items ?? []).flatMap((act) => [act.actor, personOf(act.target)]));
  const nameless = (list.items ?? []).filter(({ detail }) => !toldName(detail));
  const products = useKnown(
    nameless.map(({ action, target }) => productOf(action, target)),
    askName,
  );
  const columns: Column<Act>[] = [
    { name: t('time'), cell: (act) => <span className="whitespace-nowrap">{formatTime(act.at, locale)}</span> },
    { name: t('actor'), cell: (act) => <span title={act.actor ?? ''}>{nameOf(act.actor)}</span> },
    {
      name: t('act'),
      cell: (act) => (
        <span className="font-medium" title={act.action}>
          {isAction(act.action) ? t(ACTS[act.action]) : act.action}
        </span>
      ),
    },
    { name: t('target'), cell: (act) => <Target act={act} nameOf={nameOf} products={products} /> },
    {
      name: t('details'),
      wide: true,
      cell: (act) => {
        const facts = factsOf(act.detail, { t, locale, currency: settings?.currency ?? null });
        return facts.length > 0 ? <FactsList facts={facts} /> : null;
      },
    },
  ];
  return (
    <>
      <Heading title={t('audit')} />
      <div className="mb-4 flex max-w-xl">
        <select
          aria-label={t('act')}
          className={`${inputLook()} picker pr-9`}
          value={action ?? ''}
          onChange={(event) => {
            change({ action: event.target.value });
          }}
        >
          <option value="">{`${t('act')}: ${t('any')}`}</option>
          {Object.entries(ACTS).map(([one, name]) => (
            <option key={one} value={one}>
              {t(name)}
            </option>
          ))}
        </select>
      </div>
      <Listing caption={t('audit')} columns={columns} list={list} keyOf={keyOf} empty={t('no_acts')} />
    </>
  );
}

type TargetProps = { act: Act; nameOf: (id: string | null) => string; products: ReadonlyMap<string, string> };

function Target({ act, nameOf, products }: TargetProps) {
  const product = productOf(act.action, act.target);
  const name = product ? toldName(act.detail) || products.get(product) : undefined;
  const person = personOf(act.target);
  const path = pathOf(act.action, act.target);
  return (
    <span className={`block max-w-72 max-sm:text-right ${name ? 'wrap-anywhere' : 'break-all'}`}>
      {path ? (
        <Link
          href={path}
          prefetch={false}
          title={name ? act.target : undefined}
          className="text-leaf underline-offset-4 hover:underline"
        >
          {name ?? act.target}
        </Link>
      ) : person ? (
        nameOf(person)
      ) : (
        act.target
      )}
    </span>
  );
}
