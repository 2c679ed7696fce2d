'use client';

import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';

import { useMine } from '@/account/use-mine';
import { formatMoney, formatTime } from '@/i18n/format';
import { useLive } from '@/live/use-live';
import { Button } from '@/ui/button';

import { useAdmin } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { Trouble } from '../frame/trouble';
import { askSettings } from '../settings/calls';
import { askOrder, askTimeline, type Order } from './calls';
import { CancelDialog } from './cancel-dialog';
import { FulfilDialog } from './fulfil-dialog';
import { OrderStates } from './order-states';
import { RefundDialog } from './refund-dialog';
import { Timeline } from './timeline';

const SETTLE_MS = 2_000; // The money is moved a moment after it is told to move.

type Doing = 'fulfil' | 'refund' | 'cancel' | null;

export function OrderPage({ id }: { id: string }) {
  const { t } = useAdmin();
  const order = useMine(useCallback(() => askOrder(id), [id]));
  const timeline = useMine(useCallback(() => askTimeline(id), [id]));
  const [doing, setDoing] = useState<Doing>(null);

  const { reload: reloadOrder } = order;
  const { reload: reloadTimeline } = timeline;
  const later = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      clearTimeout(later.current);
    },
    [],
  );
  function again() {
    reloadOrder();
    reloadTimeline();
    clearTimeout(later.current);
    later.current = setTimeout(() => {
      reloadOrder();
      reloadTimeline();
    }, SETTLE_MS);
  }
  useLive([`orders/${id}`], again);

  const done = () => {
    setDoing(null);
    again();
  };
  const found = order.data;
  if (!found) {
    return (
      <>
        <Heading title={t('order')} />
        {order.failure ? (
          <div className="grid justify-items-start gap-4">
            <Trouble failure={order.failure} />
            <Button look="quiet" onClick={order.reload}>
              {t('retry')}
            </Button>
          </div>
        ) : (
          <div className="h-96 rounded-stall bg-sunken" aria-busy="true" />
        )}
      </>
    );
  }
  const open = {
    onClose: () => {
      setDoing(null);
    },
    onDone: done,
    order: found,
  };
  return (
    <>
      <Heading title={t('order_number', { number: found.number })}>
        <Actions order={found} act={setDoing} />
      </Heading>
      <div className="mb-6">
        <OrderStates order={found} />
      </div>
      <div className="grid gap-6 xl:grid-cols-[1fr_22rem]">
        <Lines order={found} />
        <div className="grid content-start gap-6">
          <Buyer order={found} />
          <Box title={t('timeline')}>
            <Trouble failure={timeline.failure} />
            <Timeline moments={timeline.data?.items ?? []} />
          </Box>
        </div>
      </div>
      {doing === 'fulfil' ? <FulfilDialog {...open} /> : null}
      {doing === 'refund' ? <RefundDialog {...open} /> : null}
      {doing === 'cancel' ? <CancelDialog {...open} /> : null}
    </>
  );
}

/** Only what the order's state allows is offered; the shop itself decides. */
function Actions({ order, act }: { order: Order; act: (doing: Doing) => void }) {
  const { t } = useAdmin();
  const isStanding = order.status === 'confirmed' || order.status === 'pending';
  const isPaid = order.payment_status === 'captured' || order.payment_status === 'partially_refunded';
  const isLeft = order.lines.some((line) => line.to_send > 0);
  return (
    <>
      {isPaid && isLeft && order.status === 'confirmed' ? (
        <Button
          onClick={() => {
            act('fulfil');
          }}
        >
          {t('fulfil')}
        </Button>
      ) : null}
      {isPaid && order.refunded.amount < order.captured.amount ? (
        <Button
          look="quiet"
          onClick={() => {
            act('refund');
          }}
        >
          {t('refund')}
        </Button>
      ) : null}
      {isStanding && order.fulfilment_status === 'unfulfilled' ? (
        <Button
          look="danger"
          onClick={() => {
            act('cancel');
          }}
        >
          {t('cancel_order')}
        </Button>
      ) : null}
    </>
  );
}

function Lines({ order }: { order: Order }) {
  const { t, locale } = useAdmin();
  const sums = [
    [t('subtotal'), order.subtotal],
    [t('discount'), order.discount],
    [t('shipping'), order.shipping],
    [order.tax_included ? t('tax_included') : t('tax'), order.tax],
    [t('total'), order.total],
    [t('captured'), order.captured],
    [t('refunded'), order.refunded],
  ] as const;
  return (
    <Box title={t('lines')}>
      <div
        role="region"
        aria-label={t('lines')}
        // What scrolls must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="overflow-x-auto"
      >
        <table className="w-full text-sm">
          <thead className="border-b border-line text-soft">
            <tr>
              <th scope="col" className="py-2 text-left font-medium">
                {t('product')}
              </th>
              <th scope="col" className="px-2 py-2 text-right font-medium max-sm:hidden">
                {t('quantity')}
              </th>
              <th scope="col" className="px-2 py-2 text-right font-medium max-sm:hidden">
                {t('sent')}
              </th>
              <th scope="col" className="px-2 py-2 text-right font-medium max-sm:hidden">
                {t('price')}
              </th>
              <th scope="col" className="py-2 text-right font-medium">
                {t('total')}
              </th>
            </tr>
          </thead>
          <tbody className="tabular-nums">
            {order.lines.map((line) => (
              <tr key={line.sku} className="border-b border-line">
                <th scope="row" className="py-2.5 text-left font-normal">
                  <span className="block font-medium wrap-anywhere">{line.name}</span>
                  <span className="break-all text-soft">{line.sku}</span>
                  <span className="block text-soft sm:hidden">
                    {`${line.quantity} × ${formatMoney(line.unit_price, locale)} · ${t('sent')}: ${line.sent}`}
                  </span>
                </th>
                <td className="px-2 text-right max-sm:hidden">{line.quantity}</td>
                <td className="px-2 text-right max-sm:hidden">{line.sent}</td>
                <td className="px-2 text-right max-sm:hidden">{formatMoney(line.unit_price, locale)}</td>
                <td className="text-right whitespace-nowrap max-sm:py-2.5 max-sm:pl-4 max-sm:align-top">
                  {formatMoney(line.total, locale)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <dl className="mt-4 ml-auto grid max-w-xs grid-cols-2 gap-y-1 text-sm tabular-nums max-sm:max-w-none">
        {sums
          .filter(([name, money]) => money.amount !== 0 || name === t('total'))
          .map(([name, money]) => (
            <div key={name} className="contents">
              <dt className="text-soft">{name}</dt>
              <dd className={`text-right ${name === t('total') ? 'font-semibold' : ''}`}>
                {formatMoney(money, locale)}
              </dd>
            </div>
          ))}
      </dl>
    </Box>
  );
}

function Buyer({ order }: { order: Order }) {
  const { t, locale } = useAdmin();
  const { data: settings } = useMine(askSettings);
  const method = settings?.shipping.find(({ id }) => id === order.shipping_method);
  const sentBy = method?.translations[locale]?.name ?? method?.name ?? order.shipping_method;
  const at = order.shipping_address;
  return (
    <Box title={t('buyer')}>
      <p className="break-words">{order.email}</p>
      <p className="text-sm text-soft">{formatTime(order.placed_at, locale)}</p>
      <h3 className="mt-4 mb-1 font-sans text-sm font-medium tracking-normal text-soft">
        {t('ship_to', { method: sentBy })}
      </h3>
      <address className="not-italic">
        {[
          at.name,
          at.line1,
          at.line2,
          [at.postal_code, at.city, at.region].filter(Boolean).join(' '),
          new Intl.DisplayNames(locale, { type: 'region' }).of(at.country),
          at.phone,
        ]
          .filter(Boolean)
          .map((line) => (
            <span key={line} className="block break-words">
              {line}
            </span>
          ))}
      </address>
      {order.cancel_reason ? (
        <p className="mt-4 text-sm">{t('cancelled_because', { reason: order.cancel_reason })}</p>
      ) : null}
    </Box>
  );
}

function Box({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="min-w-0 rounded-stall border border-line bg-stall p-4 sm:p-5">
      <h2 className="mb-3 text-lg">{title}</h2>
      {children}
    </section>
  );
}
