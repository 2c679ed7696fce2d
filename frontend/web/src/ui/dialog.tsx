'use client';

import { useEffect, useRef, type ReactNode } from 'react';

import { Icon } from './icons';

/** The browser's own modal dialog: it keeps the focus, closes on Escape and on a click beside it. `side` makes it a drawer. */
export function Dialog({
  open,
  onClose,
  title,
  closeLabel,
  side = false,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  closeLabel: string;
  side?: boolean;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const opener = useRef<Element | null>(null);
  const pressedBeside = useRef(false);
  useEffect(() => {
    const element = dialog.current;
    if (open && !element?.open) opener.current = document.activeElement;
    if (open && !element?.open) {
      element?.showModal();
      // Else the browser begins with the first button, which closes it again.
      element?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    }
    if (!open && element?.open) element.close();
  }, [open]);
  useEffect(() => {
    const element = dialog.current;
    return () => {
      // The browser gives the focus back only when a dialog is closed, not when it is taken out of the page.
      const before = opener.current;
      if (!element?.isConnected && document.activeElement === document.body && before instanceof HTMLElement)
        before.focus();
    };
  }, []);
  const place = side
    ? 'ml-auto mr-0 my-0 h-dvh max-h-dvh w-full max-w-md rounded-l-2xl'
    : 'm-auto w-full max-w-lg rounded-2xl';
  return (
    // Escape and the close button do the same by keyboard as a click on the backdrop.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      aria-label={title}
      onClose={onClose}
      // Whoever marks a text and lets go beside the dialog has not pressed there.
      onPointerDown={(event) => {
        pressedBeside.current = event.target === dialog.current;
      }}
      onClick={(event) => {
        if (event.target === dialog.current && pressedBeside.current) onClose();
      }}
      className={`bg-paper p-0 text-ink shadow-stall backdrop:bg-black/40 ${place}`}
    >
      {open ? (
        <div className="flex h-full flex-col">
          <div className="flex items-center justify-between border-b border-line px-5 py-3">
            <h2 className="text-lg">{title}</h2>
            <button
              type="button"
              onClick={onClose}
              aria-label={closeLabel}
              className="-mr-2 rounded-full p-2.5 hover:bg-sunken"
            >
              <Icon name="close" />
            </button>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
        </div>
      ) : null}
    </dialog>
  );
}
