'use client';

import { useId } from 'react';

import { inputLook } from '@/ui/field';

export function TextArea({
  label,
  hint,
  value,
  error,
  onChange,
  rows = 5,
}: {
  label: string;
  hint?: string;
  value: string;
  error?: string | undefined;
  onChange: (text: string) => void;
  rows?: number;
}) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <textarea
        id={id}
        rows={rows}
        value={value}
        aria-invalid={error ? true : undefined}
        aria-describedby={`${id}-more`}
        className={inputLook(Boolean(error))}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
      <p id={`${id}-more`} className="mt-1 text-sm">
        {hint ? <span className="text-soft">{hint} </span> : null}
        <span className="text-berry">{error}</span>
      </p>
    </div>
  );
}
