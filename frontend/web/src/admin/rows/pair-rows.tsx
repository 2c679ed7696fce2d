'use client';

import { useId, type ReactNode } from 'react';

import { Button } from '@/ui/button';
import { inputLook } from '@/ui/field';
import { Icon } from '@/ui/icons';

import { useAdmin, type AdminKey } from '../frame/admin-texts';
import { emptyRow, KINDS, turned, wrongWith, type Kind, type Row } from './rows';
import { useRowFocus } from './use-row-focus';

/** What the two parts of a row are called, and what is heard of them. */
export type Parts = { name: AdminKey; named: AdminKey; value: AdminKey; valued: AdminKey };

const PAIRS: Parts = { name: 'name', named: 'row_name', value: 'value', valued: 'row_value' };

type Props = {
  /** What all of them are called, one of them, and what adds one. */
  title: string;
  one: string;
  adding: string;
  hint?: string;
  /** What the API calls them, such as `attributes`. */
  field: string;
  rows: readonly Row[];
  rowsMax: number;
  /** Whether a value may be something else than a text. */
  kinds?: boolean;
  parts?: Parts;
  /** The `Suggested` names. */
  suggested?: string;
  /** Whether values are written in digits. */
  numeric?: boolean;
  /** The rows that `errors` speak of, which are by field. */
  sent: readonly Row[];
  errors: Record<string, string>;
  onChange: (rows: readonly Row[]) => void;
  /** What stands beside the button that adds a row. */
  children?: ReactNode;
};

/** The names that rows suggest, once for a page. */
export function Suggested({ id, names }: { id: string; names: readonly string[] }) {
  return (
    <datalist id={id}>
      {names.map((name) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}

/** Names with their values, a row each. */
export function PairRows({ title, one, adding, hint, field, rows, rowsMax, kinds = false, ...rest }: Props) {
  const { sent, errors, onChange, children, parts = PAIRS, suggested, numeric = false } = rest;
  const id = useId();
  const { list, add, added, removed } = useRowFocus<HTMLUListElement>(rows);
  return (
    <fieldset className="min-w-0" aria-describedby={hint ? `${id}-hint` : undefined}>
      <legend className="mb-1 text-sm font-medium">{title}</legend>
      {hint ? (
        <p id={`${id}-hint`} className="mb-2 text-sm text-soft">
          {hint}
        </p>
      ) : null}
      <ul ref={list} className="grid gap-3 sm:gap-2">
        {rows.map((row, at) => (
          <PairRow
            key={row.key}
            row={row}
            what={one}
            number={at + 1}
            kinds={kinds}
            parts={parts}
            suggested={suggested}
            numeric={numeric}
            wrong={wrongWith(row, sent, (place) => errors[`${field}.${place}`])}
            put={(next) => {
              onChange(rows.map((other) => (other === row ? next : other)));
            }}
            remove={() => {
              removed();
              onChange(rows.filter((other) => other !== row));
            }}
          />
        ))}
      </ul>
      <p role="alert" className="mt-1 text-sm text-berry empty:hidden">
        {errors[field]}
      </p>
      <div className={`flex flex-wrap items-center gap-x-5 gap-y-2 ${rows.length > 0 ? 'mt-3' : ''}`}>
        {rows.length < rowsMax ? (
          <Button
            ref={add}
            look="quiet"
            name={field}
            onClick={() => {
              added();
              onChange([...rows, emptyRow()]);
            }}
          >
            <Icon name="plus" className="size-4" />
            {adding}
          </Button>
        ) : null}
        {children}
      </div>
    </fieldset>
  );
}

type RowProps = {
  row: Row;
  what: string;
  number: number;
  kinds: boolean;
  parts: Parts;
  suggested: string | undefined;
  numeric: boolean;
  wrong: ReturnType<typeof wrongWith>;
  put: (row: Row) => void;
  remove: () => void;
};

// With kinds a phone shows two lines: the name, and below it the kind and the value.
const PLACES = {
  plain: 'grid-cols-[minmax(0,1fr)_minmax(0,1fr)_2.75rem]',
  kinds:
    'grid-cols-[9rem_minmax(0,1fr)_2.75rem] max-sm:border-b max-sm:border-line max-sm:pb-3 sm:grid-cols-[minmax(0,1fr)_9rem_minmax(0,1fr)_2.75rem]',
};

function PairRow({ row, what, number, kinds, parts, suggested, numeric, wrong, put, remove }: RowProps) {
  const { t } = useAdmin();
  const id = useId();
  const isFirst = number === 1;
  const said = [
    wrong.name ? `${t(parts.name)}: ${wrong.name}` : '',
    wrong.value ? `${t(parts.value)}: ${wrong.value}` : '',
  ];
  return (
    <li className={`grid items-end gap-2 ${kinds ? PLACES.kinds : PLACES.plain}`}>
      <Cell name={t(parts.name)} named={isFirst} className={kinds ? 'max-sm:col-span-2' : ''}>
        <input
          aria-label={t(parts.named, { what, n: number })}
          aria-invalid={wrong.name ? true : undefined}
          aria-describedby={wrong.name ? id : undefined}
          list={suggested}
          value={row.name}
          autoComplete="off"
          autoCapitalize="none"
          className={inputLook(Boolean(wrong.name))}
          onChange={(event) => {
            put({ ...row, name: event.target.value });
          }}
        />
      </Cell>
      {kinds ? (
        <Cell name={t('kind')} named={isFirst}>
          <KindChoice row={row} label={t('row_kind', { what, n: number })} put={put} />
        </Cell>
      ) : null}
      <Cell name={t(parts.value)} named={isFirst} className={kinds ? 'max-sm:col-span-2' : ''}>
        <Value
          row={row}
          label={t(parts.valued, { what, n: number })}
          numeric={numeric}
          isWrong={Boolean(wrong.value)}
          said={wrong.value ? id : undefined}
          put={put}
        />
      </Cell>
      <button
        type="button"
        aria-label={t('row_remove', { name: row.name.trim() || `${what} ${number}` })}
        onClick={remove}
        className={`grid size-11 place-items-center rounded-full text-soft hover:bg-sunken hover:text-berry ${kinds ? 'max-sm:col-start-3 max-sm:row-start-1' : ''}`}
      >
        <Icon name="trash" />
      </button>
      <p id={id} role="alert" className="col-span-full text-sm text-berry empty:hidden">
        {said.filter(Boolean).join(' · ')}
      </p>
    </li>
  );
}

/** A part of a row. All rows have the same parts: only the first one's show their names, those of the others are heard. */
function Cell({
  name,
  named,
  className = '',
  children,
}: {
  name: string;
  named: boolean;
  className?: string;
  children: ReactNode;
}) {
  return (
    <div className={`min-w-0 ${className}`}>
      {named ? (
        <span aria-hidden="true" className="mb-1 block text-sm text-soft">
          {name}
        </span>
      ) : null}
      {children}
    </div>
  );
}

function KindChoice({ row, label, put }: { row: Row; label: string; put: (row: Row) => void }) {
  const { t } = useAdmin();
  return (
    <select
      aria-label={label}
      value={row.kind}
      className={`${inputLook()} picker pr-9`}
      onChange={(event) => {
        put(turned(row, event.target.value as Kind));
      }}
    >
      {KINDS.map((kind) => (
        <option key={kind} value={kind}>
          {t(`value_${kind}`)}
        </option>
      ))}
    </select>
  );
}

type ValueProps = {
  row: Row;
  label: string;
  numeric: boolean;
  isWrong: boolean;
  said: string | undefined;
  put: (row: Row) => void;
};

function Value({ row, label, numeric, isWrong, said, put }: ValueProps) {
  const { t } = useAdmin();
  const common = {
    'aria-label': label,
    'aria-invalid': isWrong || undefined,
    'aria-describedby': said,
    className: inputLook(isWrong),
    value: row.value,
  };
  if (row.kind === 'yes_no') {
    return (
      <select
        {...common}
        className={`${common.className} picker pr-9`}
        onChange={(event) => {
          put({ ...row, value: event.target.value });
        }}
      >
        <option value="true">{t('yes')}</option>
        <option value="false">{t('no')}</option>
      </select>
    );
  }
  return (
    <input
      {...common}
      inputMode={numeric ? 'decimal' : 'text'}
      onChange={(event) => {
        put({ ...row, value: event.target.value });
      }}
    />
  );
}
