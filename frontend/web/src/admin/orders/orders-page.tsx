'use client';

import Link from 'next/link';
import { useCallback, useState } from 'react';

import { formatMoney, formatTime } from '@/i18n/format';
import { useLive } from '@/live/use-live';
import { Button } from '@/ui/button';
import { inputLook } from '@/ui/field';

import { useAdmin, type AdminKey } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { Listing, type Column } from '../list/listing';
import { SearchField } from '../list/search-field';
import { useFilters } from '../list/use-filters';
import { useList } from '../list/use-list';
import { askOrders, type Filters, type Order } from './calls';
import { momentOf } from './days';
import { heardOf, NOTHING_FRESH, type Fresh } from './fresh';
import { FULFILMENT, OrderStates, PAYMENT, STATUS } from './order-states';

const TOPICS = ['admin/orders'];
const keyOf = (order: Order) => order.id;

export function OrdersPage() {
  const { t, locale } = useAdmin();
  const [filters, change] = useFilters();
  const { q, status, payment_status, fulfilment_status, from, to } = filters;
  const ask = useCallback(
    (cursor?: string) =>
      askOrders(
        Object.fromEntries(
          Object.entries({
            q,
            status,
            payment_status,
            fulfilment_status,
            from: momentOf(from),
            to: momentOf(to, 1),
            cursor,
          }).filter(([, value]) => value),
        ) as Filters,
      ),
    [q, status, payment_status, fulfilment_status, from, to],
  );
  const list = useList(ask, keyOf);
  const [fresh, setFresh] = useState<Fresh>(NOTHING_FRESH);
  const { reload } = list;
  useLive(TOPICS, ({ type, data }) => {
    if (type === 'resync') reload();
    else setFresh((known) => heardOf(known, data));
  });
  const freshCount = fresh.ids.length + fresh.more;

  const columns: Column<Order>[] = [
    {
      name: t('order'),
      cell: (order) => (
        <Link
          href={`/admin/orders/${order.id}`}
          prefetch={false}
          className="font-semibold text-leaf underline-offset-4 hover:underline"
        >
          {order.number}
        </Link>
      ),
    },
    {
      name: t('placed'),
      cell: (order) => <span className="whitespace-nowrap">{formatTime(order.placed_at, locale)}</span>,
    },
    { name: t('buyer'), cell: (order) => <span className="block max-w-64 min-w-0 truncate">{order.email}</span> },
    { name: t('state'), cell: (order) => <OrderStates order={order} /> },
    { name: t('total'), cell: (order) => formatMoney(order.total, locale), end: true },
  ];

  return (
    <>
      <Heading title={t('orders')}>
        {freshCount > 0 ? (
          <Button
            look="quiet"
            onClick={() => {
              setFresh(NOTHING_FRESH);
              reload();
            }}
          >
            {t('fresh_orders', { count: freshCount })}
          </Button>
        ) : null}
      </Heading>
      <div className="mb-4 flex flex-wrap gap-3">
        <SearchField
          label={t('find_orders')}
          value={q ?? ''}
          onChange={(value) => {
            change({ q: value });
          }}
        />
        <Choice
          name={t('status')}
          value={status}
          choices={STATUS}
          choose={(value) => {
            change({ status: value });
          }}
        />
        <Choice
          name={t('payment')}
          value={payment_status}
          choices={PAYMENT}
          choose={(value) => {
            change({ payment_status: value });
          }}
        />
        <Choice
          name={t('fulfilment')}
          value={fulfilment_status}
          choices={FULFILMENT}
          choose={(value) => {
            change({ fulfilment_status: value });
          }}
        />
        <div className="flex flex-wrap gap-3 max-sm:w-full">
          <Day
            name={t('from_day')}
            value={from}
            choose={(value) => {
              change({ from: value });
            }}
          />
          <Day
            name={t('to_day')}
            value={to}
            choose={(value) => {
              change({ to: value });
            }}
          />
        </div>
      </div>
      <Listing caption={t('orders')} columns={columns} list={list} keyOf={keyOf} empty={t('no_orders')} />
    </>
  );
}

type DayProps = { name: string; value: string | undefined; choose: (day: string) => void };

function Day({ name, value, choose }: DayProps) {
  return (
    <label className="flex items-center gap-2 text-sm whitespace-nowrap text-soft max-sm:w-full max-sm:justify-between">
      {name}
      <input
        type="date"
        className={`${inputLook()} max-w-44 text-ink`}
        value={value?.slice(0, 10) ?? ''}
        onChange={(event) => {
          choose(event.target.value);
        }}
      />
    </label>
  );
}

function Choice({
  name,
  value,
  choices,
  choose,
}: {
  name: string;
  value: string | undefined;
  choices: Record<string, AdminKey>;
  choose: (value: string) => void;
}) {
  const { t } = useAdmin();
  return (
    <select
      aria-label={name}
      className={`${inputLook()} picker pr-9 sm:max-w-48`}
      value={value ?? ''}
      onChange={(event) => {
        choose(event.target.value);
      }}
    >
      <option value="">{`${name}: ${t('any')}`}</option>
      {Object.entries(choices).map(([choice, key]) => (
        <option key={choice} value={choice}>
          {t(key)}
        </option>
      ))}
    </select>
  );
}
