'use client';

import { createContext, use, useCallback, useMemo, useRef, useState, type ReactNode } from 'react';

import { Icon } from '@/ui/icons';

import { useAdmin } from './admin-texts';

const SHOWN_MS = 7_000;
const SHOWN_MAX = 3;

type Toast = { id: number; text: string; bad: boolean; undo: (() => void) | undefined };
type Say = (text: string, options?: { bad?: boolean; undo?: () => void }) => void;

const Saying = createContext<Say>(() => undefined);

/** Short words about what was just done, with a way back where there is one. */
export function Toasts({ children }: { children: ReactNode }) {
  const { t } = useAdmin();
  const [toasts, setToasts] = useState<Toast[]>([]);
  const last = useRef(0);
  const drop = useCallback((id: number) => {
    setToasts((shown) => shown.filter((toast) => toast.id !== id));
  }, []);
  const say = useCallback<Say>(
    (text, { bad = false, undo } = {}) => {
      const id = ++last.current;
      setToasts((shown) => [...shown, { id, text, bad, undo }].slice(-SHOWN_MAX));
      setTimeout(() => {
        drop(id);
      }, SHOWN_MS);
    },
    [drop],
  );
  const list = useMemo(
    () =>
      toasts.map(({ id, text, bad, undo }) => (
        <li
          key={id}
          className={`flex items-center gap-3 rounded-2xl px-4 py-3 shadow-stall ${bad ? 'bg-berry-soft' : 'bg-leaf-soft'}`}
        >
          <span>{text}</span>
          {undo ? (
            <button
              type="button"
              className="min-h-11 px-2 font-semibold text-leaf underline underline-offset-4"
              onClick={() => {
                drop(id);
                undo();
              }}
            >
              {t('undo')}
            </button>
          ) : null}
          <button
            type="button"
            aria-label={t('close')}
            className="p-2"
            onClick={() => {
              drop(id);
            }}
          >
            <Icon name="close" className="size-4" />
          </button>
        </li>
      )),
    [toasts, drop, t],
  );
  return (
    <Saying value={say}>
      {children}
      <ul aria-live="polite" className="fixed right-4 bottom-4 z-50 grid max-w-[calc(100vw-2rem)] gap-2">
        {list}
      </ul>
    </Saying>
  );
}

export function useSay(): Say {
  return use(Saying);
}
