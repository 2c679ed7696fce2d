'use client';

import { useEffect, useEffectEvent, useState } from 'react';

import { tokenOf } from '@/account/where';
import { api, outcome } from '@/api/browser';
import type { Failure } from '@/api/problem';
import { keepToken, keptToken } from '@/checkout/orders-kept';
import { useLive } from '@/live/use-live';

import { isMoving, type Happened, type Order } from './steps';

const ASK_EVERY_MS = 4_000; // While money moves, for shops where nothing is told live.
const ASKED_MAX = 45;

export type Seen = { order: Order; happened: readonly Happened[] };

/** An order as it stands, followed as it goes. The token of a guest's link is taken out of the address and kept in the tab. */
export function useOrder(id: string) {
  const [token, setToken] = useState<string | null>(null);
  const [seen, setSeen] = useState<Seen | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);

  const look = async (key: string) => {
    const found = await read(id, key);
    if (found.ok) setSeen(found.data);
    setFailure(found.ok ? null : found.failure);
    return found.ok ? null : found.failure.status;
  };
  const lookAgain = useEffectEvent(() => {
    if (token !== null) void look(token);
  });

  const begin = useEffectEvent(() => {
    const given = tokenOf(location.hash);
    const before = keptToken(id);
    if (given) {
      keepToken(id, given);
      history.replaceState(history.state, '', location.pathname + location.search);
    }
    const key = given || before;
    setToken(key);
    void look(key).then((refused) => {
      // A link that opens nothing takes nothing away from who could open it.
      if (!given || !before || given === before || (refused !== 404 && refused !== 401)) return;
      keepToken(id, before);
      setToken(before);
      void look(before);
    });
  });
  useEffect(() => {
    begin();
  }, [id]);

  useLive(token === null ? [] : [`orders/${id}`], lookAgain, token ?? '');
  const moving = seen !== null && isMoving(seen.order);
  useEffect(() => {
    if (!moving) return;
    let asked = 0;
    const asking = setInterval(() => {
      if (++asked > ASKED_MAX) clearInterval(asking);
      else if (document.visibilityState === 'visible') lookAgain();
    }, ASK_EVERY_MS);
    return () => {
      clearInterval(asking);
    };
  }, [moving]);

  return {
    seen,
    failure,
    retry: () => look(token ?? ''),
    cancel: async (): Promise<Failure | null> => {
      const params = { path: { order_id: id } };
      const fallen = await outcome(
        api.POST('/v1/orders/{order_id}/cancel', { params, headers: headerOf(token ?? '') }),
      );
      await look(token ?? '');
      return fallen.ok ? null : fallen.failure;
    },
  };
}

function headerOf(token: string): Record<string, string> {
  return token ? { 'order-token': token } : {};
}

async function read(id: string, token: string): Promise<{ ok: true; data: Seen } | { ok: false; failure: Failure }> {
  const ask = { params: { path: { order_id: id } }, headers: headerOf(token) };
  const [order, timeline] = await Promise.all([
    outcome(api.GET('/v1/orders/{order_id}', ask)),
    outcome(api.GET('/v1/orders/{order_id}/timeline', ask)),
  ]);
  if (!order.ok) return order;
  return { ok: true, data: { order: order.data, happened: timeline.ok ? timeline.data.items : [] } };
}
