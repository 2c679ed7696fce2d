'use client';

import { useCallback, useState } from 'react';

import { formatDate } from '@/i18n/format';
import { inputLook } from '@/ui/field';

import { useAdmin } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { useStaff } from '../frame/staff';
import { Listing, type Column } from '../list/listing';
import { SearchField } from '../list/search-field';
import { useFilters } from '../list/use-filters';
import { useList } from '../list/use-list';
import { askPeople, ROLES, type Change, type Filters, type Person, type Role } from './calls';
import { PersonDialog, ROLE_NAMES as NAMES } from './person-dialog';

const keyOf = (person: Person) => person.id;

/** Who has an account, and what they may do here; only admins change it. */
export function PeoplePage() {
  const { t, locale } = useAdmin();
  const [asking, setAsking] = useState<{ person: Person; change: Change } | null>(null);
  const me = useStaff();
  const [filters, change] = useFilters();
  const { email, role } = filters;
  const ask = useCallback(
    (cursor?: string) =>
      askPeople(Object.fromEntries(Object.entries({ email, role, cursor }).filter(([, value]) => value)) as Filters),
    [email, role],
  );
  const list = useList(ask, keyOf);

  // Nobody takes the power from themselves by accident.
  const mayChange = (person: Person) => me.role === 'admin' && person.id !== me.id;
  const columns: Column<Person>[] = [
    {
      name: t('person'),
      cell: (person) => (
        <span className="block min-w-0">
          <span className="block truncate font-semibold">
            {person.name}
            {person.id === me.id ? <span className="ml-2 font-normal text-soft">({t('you')})</span> : null}
          </span>
          <span className="block truncate text-soft">{person.email}</span>
        </span>
      ),
    },
    { name: t('since'), cell: (person) => formatDate(person.created_at, locale) },
    {
      name: t('role'),
      cell: (person) =>
        mayChange(person) ? (
          <select
            aria-label={t('role_of', { name: person.name })}
            className="h-10 picker rounded-lg border border-line bg-stall pr-9 pl-2.5"
            value={person.role}
            onChange={(event) => {
              setAsking({ person, change: { role: event.target.value as Role } });
            }}
          >
            {ROLES.map((one) => (
              <option key={one} value={one}>
                {t(NAMES[one])}
              </option>
            ))}
          </select>
        ) : (
          t(NAMES[person.role])
        ),
    },
    {
      name: t('actions'),
      end: true,
      cell: (person) =>
        person.disabled || mayChange(person) ? (
          <span className="flex flex-wrap items-center justify-end gap-3">
            {person.disabled ? (
              <span className="rounded-full bg-berry-soft px-2.5 py-0.5 text-xs font-medium">{t('disabled')}</span>
            ) : null}
            {mayChange(person) ? (
              <button
                type="button"
                className="-mr-2 min-h-11 px-2 whitespace-nowrap text-leaf underline-offset-4 hover:underline"
                aria-label={`${person.disabled ? t('enable') : t('disable')}: ${person.name}`}
                onClick={() => {
                  setAsking({ person, change: { disabled: !person.disabled } });
                }}
              >
                {person.disabled ? t('enable') : t('disable')}
              </button>
            ) : null}
          </span>
        ) : null,
    },
  ];
  return (
    <>
      <Heading title={t('people')} />
      {me.role === 'admin' ? null : <p className="mb-4 text-soft">{t('only_admins')}</p>}
      <div className="mb-4 flex flex-wrap gap-3">
        <SearchField
          label={t('find_people')}
          value={email ?? ''}
          onChange={(value) => {
            change({ email: value });
          }}
        />
        <select
          aria-label={t('role')}
          className={`${inputLook()} picker pr-9 sm:max-w-48`}
          value={role ?? ''}
          onChange={(event) => {
            change({ role: event.target.value });
          }}
        >
          <option value="">{`${t('role')}: ${t('any')}`}</option>
          {ROLES.map((one) => (
            <option key={one} value={one}>
              {t(NAMES[one])}
            </option>
          ))}
        </select>
      </div>
      <Listing caption={t('people')} columns={columns} list={list} keyOf={keyOf} empty={t('no_people')} />
      {asking ? (
        <PersonDialog
          {...asking}
          onClose={() => {
            setAsking(null);
          }}
          onDone={(changed) => {
            setAsking(null);
            list.put(changed);
          }}
        />
      ) : null}
    </>
  );
}
