'use client';

import { useEffect, useState } from 'react';

import { inputLook } from '@/ui/field';
import { Icon } from '@/ui/icons';

import { leadsAway } from '../frame/unsaved';

const PAUSE_MS = 250;

/** A search that is done when whoever types pauses. */
export function SearchField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  const [sent, setSent] = useState(value);
  // A link has changed or taken away what is searched for; what was typed since a search was begun stays.
  if (value !== known) {
    setKnown(value);
    if (value !== sent) setText(value);
  }
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => {
      setSent(text.trim());
      onChange(text.trim());
    }, PAUSE_MS);
    // Whoever follows a link is on the way there: a search that begins now would bring them back.
    const leave = (event: MouseEvent) => {
      if (leadsAway(event)) clearTimeout(timer);
    };
    document.addEventListener('click', leave, true);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('click', leave, true);
    };
  }, [text, value, onChange]);
  return (
    <div className="relative min-w-60 flex-1">
      <Icon name="search" className="pointer-events-none absolute top-3 left-3 size-5 text-soft" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
        className={`${inputLook()} pl-10`}
      />
    </div>
  );
}
