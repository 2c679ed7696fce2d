'use client';

import { useSubmit } from '@/account/use-submit';

import { useAdmin } from './admin-texts';
import { wordOf } from './words';

/** A form of the back office: see `useSubmit`. What is wrong with its fields is said in the language of the page. */
export function useAct<T>(...how: Parameters<typeof useSubmit<T>>) {
  const { t } = useAdmin();
  const form = useSubmit(...how);
  const said = Object.entries(form.errors).map(([field, message]) => [field, wordOf(message, t)]);
  return { ...form, errors: Object.fromEntries(said) as Record<string, string> };
}
