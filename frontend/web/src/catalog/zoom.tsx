'use client';

import { useEffect, useRef, useState } from 'react';

import { useTexts } from '@/i18n/texts';
import { Icon } from '@/ui/icons';

import type { Image } from './goods';

const LARGER = 2.5;

/** A picture as large as the window, and larger still on a click: it is then moved by scrolling, with fingers or keys. */
export function Zoom({ image, open, onClose }: { image: Image; open: boolean; onClose: () => void }) {
  const t = useTexts('goods');
  const dialog = useRef<HTMLDialogElement>(null);
  const pane = useRef<HTMLDivElement>(null);
  const [large, setLarge] = useState(false);
  const widest = image.sources.toSorted((a, b) => (b.width ?? 0) - (a.width ?? 0))[0];

  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);

  useEffect(() => {
    const element = pane.current;
    if (large && element) {
      element.scrollTo(
        (element.scrollWidth - element.clientWidth) / 2,
        (element.scrollHeight - element.clientHeight) / 2,
      );
    }
  }, [large]);

  return (
    <dialog
      ref={dialog}
      aria-label={image.alt || t('pictures')}
      onClose={() => {
        setLarge(false);
        onClose();
      }}
      className="m-0 h-dvh max-h-none w-dvw max-w-none bg-paper text-ink"
    >
      <div ref={pane} className="size-full overflow-auto">
        <button
          type="button"
          aria-label={large ? t('smaller') : t('larger')}
          aria-pressed={large}
          onClick={() => {
            setLarge(!large);
          }}
          className={large ? 'block cursor-zoom-out' : 'block size-full cursor-zoom-in'}
          style={large ? { width: `${100 * LARGER}%`, height: `${100 * LARGER}%` } : undefined}
        >
          <img src={widest?.url ?? image.url} alt={image.alt} className="size-full object-contain p-4" />
        </button>
      </div>
      <form method="dialog" className="fixed top-4 right-4">
        <button
          type="submit"
          aria-label={t('close')}
          className="rounded-full bg-stall p-3 shadow-stall hover:text-leaf"
        >
          <Icon name="close" />
        </button>
      </form>
    </dialog>
  );
}
