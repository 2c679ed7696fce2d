'use client';

import { useEffect, useState } from 'react';

import { api, outcome } from '@/api/browser';

import { useAdmin } from '../frame/admin-texts';
import { useStaff } from '../frame/staff';

const ID_SHOWN = 8;

// Few people work in a shop: each is asked for once, for all tables of the tab.
const asked = new Map<string, Promise<string | null>>();

function ask(id: string): Promise<string | null> {
  const known = asked.get(id);
  if (known) return known;
  const found = outcome(api.GET('/v1/admin/users/{user_id}', { params: { path: { user_id: id } } })).then((result) => {
    if (result.ok) return result.data.name || result.data.email;
    if (result.failure.status !== 404) asked.delete(id); // No answer is no knowledge.
    return null;
  });
  asked.set(id, found);
  return found;
}

/** Says who did something, by their ids; null is whoever works at the shop's own machine. */
export function useNames(ids: readonly (string | null)[]): (id: string | null) => string {
  const { t } = useAdmin();
  const me = useStaff();
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const wanted = [...new Set(ids)].filter((id) => id !== null && id !== me.id).join(' ');
  useEffect(() => {
    let current = true;
    for (const id of wanted.split(' ').filter(Boolean)) {
      void ask(id).then((name) => {
        if (current && name !== null) setNames((known) => new Map(known).set(id, name));
      });
    }
    return () => {
      current = false;
    };
  }, [wanted]);
  return (id) =>
    id === null ? t('by_command') : id === me.id ? t('you') : (names.get(id) ?? `…${id.slice(-ID_SHOWN)}`);
}
