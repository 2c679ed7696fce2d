'use client';

import { useRef, useState, type SubmitEvent } from 'react';

import type { Result } from '@/api/browser';
import { fieldErrors, type Failure } from '@/api/problem';

/**
 * A form that is sent: one request at a time, its failure kept beside what was typed, and the first field that was refused
 * focused. `call` makes the request out of the form's values, `done` goes on with the answer.
 */
export function useSubmit<T>(call: (values: FormData) => Promise<Result<T>>, done: (data: T) => unknown) {
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const sending = useRef(false);

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending.current) return;
    sending.current = true;
    setBusy(true);
    const form = event.currentTarget;
    const result = await call(new FormData(form));
    sending.current = false;
    setBusy(false);
    if (result.ok) {
      setFailure(null);
      await done(result.data);
      return;
    }
    setFailure(result.failure);
    const blamed = Object.keys(fieldErrors(result.failure))[0];
    const field = blamed ? form.elements.namedItem(blamed) : null;
    if (field instanceof HTMLElement) field.focus();
    else if (blamed) setTimeout(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  }

  return { submit, busy, failure, errors: fieldErrors(failure) };
}

/** A text that was typed, or null where nothing was. */
export function typed(values: FormData, name: string): string | null {
  const value = values.get(name);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/** A text that must be there, exactly as it was typed. */
export function exact(values: FormData, name: string): string {
  const value = values.get(name);
  return typeof value === 'string' ? value : '';
}
