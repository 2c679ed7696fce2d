'use client';

import { useRouter, useSearchParams } from 'next/navigation';
import { useId, useRef, useState, type KeyboardEvent, type SyntheticEvent } from 'react';

import { useLocale, useTexts } from '@/i18n/texts';
import { Icon } from '@/ui/icons';
import { useCode } from '@/ui/use-code';

import { addressOf, NO_WISHES } from './list-address';
import type { Keys } from './suggestions';

const loadSuggestions = () => import('./suggestions').then((loaded) => loaded.Suggestions);

/** A form whose answer is the search page; what is typed is completed by code that comes when somebody first types. */
export function SearchBox() {
  const asked = useSearchParams().get('q') ?? '';
  // Another search is another text to begin with.
  return <Field key={asked} first={asked} />;
}

function Field({ first }: { first: string }) {
  const t = useTexts('common');
  const locale = useLocale();
  const router = useRouter();
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  const keys = useRef<Keys>(null);
  const [text, setText] = useState(first);
  const [used, setUsed] = useState(false);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState<string | null>(null);
  const { code: Suggestions } = useCode(loadSuggestions, used);

  function go(address: string) {
    setOpen(false);
    input.current?.blur();
    router.push(address);
  }

  function submit(event: SyntheticEvent) {
    event.preventDefault();
    const q = text.trim();
    if (q) go(addressOf(`/${locale}/search`, NO_WISHES, { q }));
  }

  function key(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape' && open) {
      event.preventDefault();
      setOpen(false);
    } else if (keys.current?.press(event.key)) event.preventDefault();
  }

  return (
    <form role="search" action={`/${locale}/search`} onSubmit={submit} className="relative">
      <Icon name="search" className="pointer-events-none absolute top-3 left-3.5 size-5 text-soft" />
      <input
        ref={input}
        type="search"
        name="q"
        role="combobox"
        aria-label={t('search')}
        aria-autocomplete="list"
        aria-expanded={open && active !== null}
        aria-controls={list}
        aria-activedescendant={open && active ? active : undefined}
        placeholder={t('search')}
        autoComplete="off"
        autoCapitalize="none"
        enterKeyHint="search"
        maxLength={200}
        value={text}
        onFocus={() => {
          setUsed(true);
        }}
        onChange={(event) => {
          setText(event.target.value);
          setOpen(true);
        }}
        onClick={() => {
          setOpen(true);
        }}
        onBlur={() => {
          setOpen(false);
        }}
        onKeyDown={key}
        className="h-11 w-full rounded-full border border-line bg-stall pr-4 pl-11 placeholder:text-soft"
      />
      {Suggestions ? (
        <Suggestions ref={keys} id={list} text={text} open={open} onOpen={setOpen} onActive={setActive} onGo={go} />
      ) : null}
    </form>
  );
}
