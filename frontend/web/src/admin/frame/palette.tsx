'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useId, useState, type KeyboardEvent } from 'react';

import { api, outcome } from '@/api/browser';
import { Dialog } from '@/ui/dialog';
import { inputLook } from '@/ui/field';

import { useAdmin } from './admin-texts';
import { PLACES } from './places';
import { mayLeave } from './unsaved';

type Target = { path: string; name: string; kind: string };

const PAUSE_MS = 150;
const FOUND_MAX = 5;

/** One place to go anywhere from: places by name, orders by number or address, products by name. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useAdmin();
  return (
    <Dialog open={open} onClose={onClose} title={t('palette')} closeLabel={t('close')}>
      <Finder onClose={onClose} />
    </Dialog>
  );
}

function Finder({ onClose }: { onClose: () => void }) {
  const { t } = useAdmin();
  const router = useRouter();
  const id = useId();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const found = useFound(text.trim());
  const wanted = text.trim().toLowerCase();
  const places = PLACES.map(({ path, name }) => ({ path, name: t(name), kind: t('place') })).filter(({ name }) =>
    name.toLowerCase().includes(wanted),
  );
  const targets: Target[] = [...places, ...found];

  function press(event: KeyboardEvent) {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && targets.length > 0) {
      event.preventDefault();
      setChosen((chosen + step + targets.length) % targets.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      go(targets[chosen]);
    }
  }

  function go(target: Target | undefined) {
    if (!target || !mayLeave()) return;
    onClose();
    router.push(target.path);
  }

  return (
    <div className="p-4">
      <input
        data-autofocus
        role="combobox"
        aria-expanded={targets.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={targets[chosen] ? `${id}-${chosen}` : undefined}
        aria-label={t('palette_hint')}
        placeholder={t('palette_hint')}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
        }}
        onKeyDown={press}
        className={inputLook()}
      />
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label={t('palette')}
        className="mt-3 max-h-80 overflow-y-auto"
        hidden={targets.length === 0}
      >
        {targets.map((target, number) => (
          // The keys are those of the input, as of any combobox.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={target.path}
            id={`${id}-${number}`}
            role="option"
            aria-selected={number === chosen}
            tabIndex={-1}
            onClick={() => {
              go(target);
            }}
            className="flex min-h-11 cursor-pointer items-center justify-between gap-4 rounded-xl px-3 py-2 aria-selected:bg-leaf-soft"
          >
            <span className="truncate">{target.name}</span>
            <span className="text-sm text-soft">{target.kind}</span>
          </div>
        ))}
      </div>
      <p role="status" className="px-3 py-2 text-soft empty:hidden">
        {targets.length === 0 ? t('nothing_found') : null}
      </p>
    </div>
  );
}

/** Orders and products that the text finds, asked for when whoever types pauses. */
function useFound(text: string): Target[] {
  const { t } = useAdmin();
  const [found, setFound] = useState<{ text: string; targets: Target[] }>({ text: '', targets: [] });
  useEffect(() => {
    if (text.length < 2) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      const query = { q: text, limit: FOUND_MAX };
      void Promise.all([
        outcome(api.GET('/v1/admin/orders', { params: { query }, signal: abort.signal })),
        outcome(api.GET('/v1/admin/products', { params: { query }, signal: abort.signal })),
      ]).then(([orders, products]) => {
        if (abort.signal.aborted) return;
        const targets = [
          ...(orders.ok ? orders.data.items : []).map((order) => ({
            path: `/admin/orders/${order.id}`,
            name: `${order.number} · ${order.email}`,
            kind: t('order'),
          })),
          ...(products.ok ? products.data.items : []).map((product) => ({
            path: `/admin/products/${product.id}`,
            name: product.name,
            kind: t('product'),
          })),
        ];
        setFound({ text, targets });
      });
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, t]);
  return found.text === text ? found.targets : [];
}
