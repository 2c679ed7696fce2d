'use client';

import { useTexts } from '@/i18n/texts';

const WORDS = { name: 'fault_missing', email: 'fault_email', password: 'fault_password' } as const;

/** What the shop finds wrong with a field, in the language of the page: the API says it in English. */
export function useFieldWords(errors: Record<string, string>): Record<string, string> {
  const t = useTexts('account');
  const known: Partial<Record<string, (typeof WORDS)[keyof typeof WORDS]>> = WORDS;
  return Object.fromEntries(Object.keys(errors).map((field) => [field, t(known[field] ?? 'fault_here')]));
}
