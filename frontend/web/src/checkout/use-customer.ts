'use client';

import { useEffect, useState } from 'react';

import { useSignedIn } from '@/account/session';
import { api, outcome } from '@/api/browser';
import type { components } from '@/api/schema';

type Me = components['schemas']['UserView'];
export type SavedAddress = components['schemas']['SavedAddressView'];
export type Customer = { me: Me; addresses: SavedAddress[] };

/** Who is signed in, with the addresses that are saved; null for a guest, undefined until it is known. */
export function useCustomer(): Customer | null | undefined {
  const signedIn = useSignedIn();
  const [customer, setCustomer] = useState<Customer | null>();
  useEffect(() => {
    if (!signedIn) return;
    let left = false;
    void find().then((found) => {
      if (!left) setCustomer(found);
    });
    return () => {
      left = true;
    };
  }, [signedIn]);
  return signedIn === false ? null : customer;
}

async function find(): Promise<Customer | null | undefined> {
  const [me, addresses] = await Promise.all([
    outcome(api.GET('/v1/users/me')),
    outcome(api.GET('/v1/users/me/addresses', { params: { query: { limit: 20 } } })),
  ]);
  if (me.ok) return { me: me.data, addresses: addresses.ok ? addresses.data.items : [] };
  // Who cannot be asked is not told to sign in.
  return me.failure.status === 401 ? null : undefined;
}
