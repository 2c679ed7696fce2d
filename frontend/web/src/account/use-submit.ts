'use client';

import { useEffect, useRef, useState, type SubmitEvent } from 'react';

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
  const sent = useRef<HTMLFormElement>(null);

  // Only once the errors stand beside their fields is the first of them known, and read out with its field.
  useEffect(() => {
    const blamed = Object.keys(fieldErrors(failure));
    if (sent.current && blamed.length > 0) firstWrong(sent.current, blamed)?.focus();
  }, [failure]);

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (sending.current) return;
    sending.current = true;
    setBusy(true);
    sent.current = event.currentTarget;
    const result = await call(new FormData(event.currentTarget));
    sending.current = false;
    setBusy(false);
    setFailure(result.ok ? null : result.failure);
    if (result.ok) await done(result.data);
  }

  return { submit, busy, failure, errors: fieldErrors(failure) };
}

/** The first field of the form that is marked as wrong, or else the one that has the name of what was blamed. */
export function firstWrong(form: HTMLFormElement, blamed: readonly string[]): HTMLElement | null {
  const marked = form.querySelector<HTMLElement>('[aria-invalid="true"]');
  if (marked) return marked;
  const fields = [...form.elements].filter((field) => field instanceof HTMLElement);
  return fields.find((field) => blamed.includes(field.getAttribute('name') ?? '')) ?? null;
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
