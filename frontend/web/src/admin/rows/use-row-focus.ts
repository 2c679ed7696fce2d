'use client';

import { useEffect, useRef, type RefObject } from 'react';

type RowFocus<T> = {
  list: RefObject<T | null>;
  add: RefObject<HTMLButtonElement | null>;
  /** Say so before the rows change, in the handler that changes them. */
  added: () => void;
  removed: () => void;
};

/** Where the focus goes when rows come and go: to a new row's first field, and to what adds rows once one is taken out. */
export function useRowFocus<T extends HTMLElement>(rows: readonly unknown[]): RowFocus<T> {
  const list = useRef<T>(null);
  const add = useRef<HTMLButtonElement>(null);
  const next = useRef<'row' | 'add' | null>(null);
  useEffect(() => {
    if (next.current === 'row') list.current?.lastElementChild?.querySelector('input')?.focus();
    if (next.current === 'add') add.current?.focus();
    next.current = null;
  }, [rows]);
  return {
    list,
    add,
    added: () => {
      next.current = 'row';
    },
    removed: () => {
      next.current = 'add';
    },
  };
}
