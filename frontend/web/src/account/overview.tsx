'use client';

import { useState } from 'react';

import { api, outcome } from '@/api/browser';
import { useLocale, useTexts } from '@/i18n/texts';
import { Button, ButtonLink } from '@/ui/button';
import { Icon } from '@/ui/icons';
import { Notice } from '@/ui/notice';

import { Waiting } from './account-frame';
import { askLatest, askMe, type Me } from './calls';
import { OrderRow } from './order-row';
import { Unanswered } from './unanswered';
import { useMine } from './use-mine';

export function Overview() {
  const t = useTexts('account');
  const locale = useLocale();
  const me = useMine(askMe);
  const latest = useMine(askLatest);
  const failure = me.failure ?? latest.failure;
  if (failure) {
    return (
      <Unanswered
        failure={failure}
        retry={() => {
          me.reload();
          latest.reload();
        }}
      />
    );
  }
  if (!me.data || !latest.data) return <Waiting />;
  const orders = latest.data.items;
  return (
    <div className="grid gap-8">
      <h1 className="text-3xl">{t('hello', { name: me.data.name })}</h1>
      {me.data.email_verified ? null : <Unproven me={me.data} />}
      {me.data.role === 'customer' ? null : (
        <p>
          <ButtonLink href="/admin" look="quiet" prefetch={false}>
            {t('back_office')}
          </ButtonLink>
        </p>
      )}
      <section className="grid gap-3">
        <h2 className="text-xl">{t('latest_orders')}</h2>
        {orders.map((order) => (
          <OrderRow key={order.id} order={order} />
        ))}
        {orders.length === 0 ? <NoOrders /> : null}
        {latest.data.next ? (
          <p>
            <ButtonLink href={`/${locale}/account/orders`} look="plain" className="px-0">
              {t('all_orders')}
            </ButtonLink>
          </p>
        ) : null}
      </section>
    </div>
  );
}

export function NoOrders() {
  const t = useTexts('account');
  const locale = useLocale();
  return (
    <div className="rounded-stall border border-dashed border-line p-8 text-center">
      <span className="mb-4 inline-grid size-14 place-items-center rounded-full bg-sun-soft">
        <Icon name="basket" className="size-7" />
      </span>
      <p className="mb-4 text-balance">{t('no_orders')}</p>
      <ButtonLink href={`/${locale}/products`}>{t('go_shopping')}</ButtonLink>
    </div>
  );
}

function Unproven({ me }: { me: Me }) {
  const t = useTexts('account');
  const [sent, setSent] = useState<'no' | 'yes' | 'failed'>('no');
  async function send() {
    const result = await outcome(api.POST('/v1/users/me/verification'));
    setSent(result.ok ? 'yes' : 'failed');
  }
  return (
    <Notice title={t('unproven', { email: me.email })}>
      <p className="mt-1">{t('unproven_text')}</p>
      {sent === 'yes' ? (
        <p className="mt-2 font-semibold">{t('unproven_sent')}</p>
      ) : (
        <Button look="quiet" className="mt-3" onClick={send}>
          {sent === 'failed' ? t('retry') : t('unproven_send')}
        </Button>
      )}
    </Notice>
  );
}
