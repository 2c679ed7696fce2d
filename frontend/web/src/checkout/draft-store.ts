'use client';

import { useSyncExternalStore } from 'react';

import { NO_DRAFT, readDraft, writeDraft, type AddressText, type Draft } from './draft';

let draft: Draft | null = null;
const listeners = new Set<() => void>();

function current(): Draft {
  draft ??= readDraft();
  return draft;
}

export function changeDraft(change: Partial<Draft>): void {
  draft = { ...current(), ...change };
  writeDraft(draft);
  listeners.forEach((listener) => {
    listener();
  });
}

export function changeAddress(change: Partial<AddressText>): void {
  changeDraft({ address: { ...current().address, ...change } });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** What the buyer has typed, which outlives reloads and the way back. */
export function useDraft(): Draft {
  return useSyncExternalStore(subscribe, current, () => NO_DRAFT);
}
