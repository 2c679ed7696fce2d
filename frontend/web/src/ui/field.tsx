'use client';

import { useId, type ComponentProps, type ReactNode } from 'react';

import { inputLook } from './input-look';

export { inputLook };

/** A labelled input with its hint and its error, which is announced and belongs to it. */
export function Field({
  label,
  hint,
  error,
  className = '',
  trailing,
  ...rest
}: ComponentProps<'input'> & { label: string; hint?: ReactNode; error?: string | undefined; trailing?: ReactNode }) {
  const id = useId();
  const said = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <div className="relative">
        <input
          {...rest}
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={said || undefined}
          className={inputLook(Boolean(error), rest.readOnly)}
        />
        {trailing}
      </div>
      {hint ? (
        <p id={`${id}-hint`} className="mt-1 text-sm text-soft">
          {hint}
        </p>
      ) : null}
      <p id={`${id}-error`} role="alert" className="mt-1 text-sm text-berry empty:hidden">
        {error}
      </p>
    </div>
  );
}
