'use client';

import { api, outcome } from '@/api/browser';

import { useAdmin } from '../frame/admin-texts';
import { useStaff } from '../frame/staff';
import { rememberer, useKnown } from '../list/use-known';

const ID_SHOWN = 8;

const ask = rememberer(async (id) => {
  const result = await outcome(api.GET('/v1/admin/users/{user_id}', { params: { path: { user_id: id } } }));
  if (result.ok) return result.data.name || result.data.email;
  return result.failure.status === 404 ? null : undefined;
});

/** Says who did something, by their ids; null is whoever works at the shop's own machine. */
export function useNames(ids: readonly (string | null)[]): (id: string | null) => string {
  const { t } = useAdmin();
  const me = useStaff();
  const names = useKnown(
    ids.flatMap((id) => (id === null || id === me.id ? [] : [id])),
    ask,
  );
  return (id) =>
    id === null ? t('by_command') : id === me.id ? t('you') : (names.get(id) ?? `…${id.slice(-ID_SHOWN)}`);
}
