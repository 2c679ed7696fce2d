'use client';

import { useEffect, useImperativeHandle, useState, type Ref } from 'react';

import { api, outcome } from '@/api/browser';
import type { components } from '@/api/schema';
import type { Locale } from '@/i18n/locales';
import { useLocale, useTexts } from '@/i18n/texts';
import { Icon } from '@/ui/icons';
import { Picture } from '@/ui/picture';
import { Price } from '@/ui/price';

import { categoryPath, productPath } from './goods';
import { highlight } from './highlight';
import { addressOf, NO_WISHES } from './list-address';

type Suggestion = components['schemas']['Suggestion'];

/** What the field hands over: says whether it made use of a key. */
export type Keys = { press: (key: string) => boolean };

const WAIT_MS = 120;
const SHOWN = 7;
const KEPT_MAX = 50;
const kept = new Map<string, Suggestion[]>();

type Props = {
  ref: Ref<Keys>;
  id: string;
  text: string;
  open: boolean;
  onOpen: (open: boolean) => void;
  /** The element that the keys have come to; empty while none has, null while there is nothing to choose. */
  onActive: (id: string | null) => void;
  onGo: (address: string) => void;
};

/** What may be meant, as a listbox of the search field (WAI-ARIA: combobox with a list). */
export function Suggestions({ ref, id, text, open, onOpen, onActive, onGo }: Props) {
  const t = useTexts('common');
  const locale = useLocale();
  const typed = text.trim();
  const found = useSuggestions(typed, locale, open);
  const [at, setAt] = useState({ index: -1, typed });
  // Another text is another list.
  const index = at.typed === typed ? at.index : -1;
  const addresses = [
    ...found.map((one) => `/${locale}${one.kind === 'product' ? productPath(one.slug) : categoryPath(one.slug)}`),
    addressOf(`/${locale}/search`, NO_WISHES, { q: typed }),
  ];
  const shown = open && found.length > 0;
  const active = shown ? (index < 0 ? '' : `${id}-${index}`) : null;

  useEffect(() => {
    onActive(active);
    if (active) document.getElementById(active)?.scrollIntoView({ block: 'nearest' });
  }, [active, onActive]);

  useImperativeHandle(ref, () => ({
    press: (key) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[key];
      if (step && found.length > 0) {
        onOpen(true);
        const count = addresses.length + 1;
        setAt({ typed, index: shown ? ((index + 1 + step + count) % count) - 1 : step > 0 ? 0 : count - 2 });
        return true;
      }
      const address = addresses[index];
      if (key !== 'Enter' || !shown || !address) return false;
      onGo(address);
      return true;
    },
  }));

  return (
    <>
      <div
        id={id}
        role="listbox"
        aria-label={t('suggestions')}
        hidden={!shown}
        className="absolute top-full right-0 z-50 mt-2 max-h-[70dvh] w-full min-w-[min(24rem,calc(100vw-2rem))] overflow-y-auto rounded-2xl border border-line bg-stall p-2 shadow-stall"
      >
        {shown
          ? addresses.map((address, number) => {
              const suggestion = found[number];
              return (
                // The field keeps the focus and hears the keys.
                // eslint-disable-next-line jsx-a11y/click-events-have-key-events
                <div
                  key={address}
                  id={`${id}-${number}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={number === index}
                  onPointerDown={(event) => {
                    event.preventDefault();
                  }}
                  onClick={() => {
                    onGo(address);
                  }}
                  className="flex min-h-12 cursor-pointer items-center gap-3 rounded-xl px-3 py-1.5 hover:bg-sunken aria-selected:bg-sunken"
                >
                  {suggestion ? (
                    <Row suggestion={suggestion} typed={typed} locale={locale} />
                  ) : (
                    <>
                      <Icon name="search" className="mx-2.5 size-5 text-leaf" />
                      <span className="font-semibold text-leaf">{t('search_all', { words: typed })}</span>
                    </>
                  )}
                </div>
              );
            })
          : null}
      </div>
      <p role="status" className="sr-only">
        {shown ? t('suggested', { count: found.length }) : ''}
      </p>
    </>
  );
}

function Row({ suggestion, typed, locale }: { suggestion: Suggestion; typed: string; locale: Locale }) {
  const t = useTexts('common');
  const { image, price, kind, text } = suggestion;
  return (
    <>
      <span aria-hidden="true" className="grid size-10 shrink-0 place-items-center rounded-lg bg-sunken">
        {image ? (
          <Picture image={{ ...image, alt: '' }} sizes="40px" className="size-8 object-contain" />
        ) : (
          <Icon name={kind === 'category' ? 'basket' : 'search'} className="size-5 text-soft" />
        )}
      </span>
      <span className="min-w-0 flex-1 wrap-anywhere">
        {highlight(text, typed).map(({ text: piece, typed: wasTyped }, place) =>
          wasTyped ? (
            <mark key={place} className="bg-transparent font-bold text-inherit">
              {piece}
            </mark>
          ) : (
            <span key={place}>{piece}</span>
          ),
        )}
        {kind === 'category' ? <span className="block text-sm text-soft">{t('category')}</span> : null}
      </span>
      {price ? <Price price={price} locale={locale} /> : null}
    </>
  );
}

/** The suggestions for a text, asked for a moment after the last letter; until they come, those for what was typed before. */
function useSuggestions(typed: string, locale: Locale, open: boolean): Suggestion[] {
  const [last, setLast] = useState<Suggestion[]>([]);
  const address = `${locale} ${typed.toLowerCase()}`;
  useEffect(() => {
    if (!open || typed === '' || kept.has(address)) return;
    const asking = new AbortController();
    const timer = setTimeout(() => {
      const params = { query: { q: typed, limit: SHOWN, locale } };
      void outcome(api.GET('/v1/suggestions', { params, signal: asking.signal })).then((found) => {
        if (!found.ok || asking.signal.aborted) return;
        keep(address, found.data.items);
        setLast(found.data.items);
      });
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [typed, locale, open, address]);
  return typed === '' ? [] : (kept.get(address) ?? last);
}

function keep(address: string, items: Suggestion[]): void {
  kept.set(address, items);
  const oldest = kept.keys().next();
  if (kept.size > KEPT_MAX && !oldest.done) kept.delete(oldest.value);
}
