'use client';

import { useId, type ComponentProps } from 'react';

import { inputLook } from './field';

/** A labelled choice from a list, with its error. */
export function SelectField({
  label,
  error,
  className = '',
  children,
  ...rest
}: ComponentProps<'select'> & { label: string; error?: string | undefined }) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <select
        {...rest}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-error` : undefined}
        className={`${inputLook(Boolean(error))} picker pr-9`}
      >
        {children}
      </select>
      <p id={`${id}-error`} role="alert" className="mt-1 text-sm text-berry empty:hidden">
        {error}
      </p>
    </div>
  );
}
