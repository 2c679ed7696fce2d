'use client';

import type { ReactNode } from 'react';

import { Button } from '@/ui/button';

import { useAdmin } from '../frame/admin-texts';
import { Trouble } from '../frame/trouble';
import type { List } from './use-list';

/** `wide` is for what has more to say than fits beside its name on a phone. A cell that is null is left out there. */
export type Column<T> = { name: string; cell: (item: T) => ReactNode; end?: boolean; wide?: boolean };

const WAITING_ROWS = 8;

/** A list as a table: waiting, empty, failed, or with its rows and the way to more of them. On a phone each row is a card. */
export function Listing<T>({
  caption,
  columns,
  list,
  keyOf,
  empty,
}: {
  caption: string;
  columns: readonly Column<T>[];
  list: List<T>;
  keyOf: (item: T) => string;
  empty: string;
}) {
  const { t } = useAdmin();
  return (
    <div className="grid gap-4">
      <Trouble failure={list.failure} />
      {list.failure ? (
        <p>
          <Button look="quiet" onClick={list.reload}>
            {t('retry')}
          </Button>
        </p>
      ) : null}
      <div
        role="region"
        aria-label={caption}
        // What scrolls must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="relative overflow-x-auto rounded-stall border border-line bg-stall"
      >
        <table
          className={`w-full border-collapse text-sm ${list.stale ? 'opacity-60' : ''}`}
          aria-busy={list.stale || (list.items === null && !list.failure)}
        >
          <caption className="sr-only">{caption}</caption>
          <thead className="max-sm:sr-only">
            <tr className="border-b border-line text-soft">
              {columns.map((column) => (
                <th
                  key={column.name}
                  scope="col"
                  className={`px-4 py-3 font-medium whitespace-nowrap ${column.end ? 'text-right' : 'text-left'}`}
                >
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.items?.map((item) => (
              <tr
                key={keyOf(item)}
                className="border-b border-line last:border-0 hover:bg-paper max-sm:block max-sm:py-2"
              >
                {columns.map((column, number) => (
                  <Cell key={column.name} column={column} named={number > 0}>
                    {column.cell(item)}
                  </Cell>
                ))}
              </tr>
            ))}
            {list.items === null && !list.failure
              ? Array.from({ length: WAITING_ROWS }, (_, row) => (
                  <tr key={row} className="border-b border-line last:border-0">
                    <td colSpan={columns.length} className="px-4 py-2.5">
                      <div className="h-6 rounded bg-sunken" />
                    </td>
                  </tr>
                ))
              : null}
          </tbody>
        </table>
        {list.items?.length === 0 ? (
          <p className="p-8 text-center text-soft">{list.more ? t('none_yet') : empty}</p>
        ) : null}
      </div>
      {list.more ? (
        <p>
          <Button look="quiet" busy={list.busy} onClick={list.more}>
            {t('more')}
          </Button>
        </p>
      ) : null}
    </div>
  );
}

type CellProps = {
  column: Pick<Column<never>, 'name' | 'end' | 'wide'>;
  /** Whether its column's name stands beside it on a phone. */
  named: boolean;
  children: ReactNode;
};

function Cell({ column, named, children }: CellProps) {
  const beside = 'max-sm:flex max-sm:items-center max-sm:justify-between max-sm:gap-4';
  const place = children === null ? 'max-sm:hidden' : column.wide ? 'max-sm:block' : beside;
  return (
    <td className={`px-4 py-2.5 align-middle max-sm:py-1 ${place} ${column.end ? 'text-right tabular-nums' : ''}`}>
      {named ? (
        <span className="shrink-0 text-soft sm:hidden" aria-hidden="true">
          {column.name}
        </span>
      ) : null}
      {children}
    </td>
  );
}
