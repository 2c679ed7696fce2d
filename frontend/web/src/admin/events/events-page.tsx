'use client';

import { useCallback, useState } from 'react';

import { useMine } from '@/account/use-mine';
import { typed } from '@/account/use-submit';
import { formatTime } from '@/i18n/format';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field } from '@/ui/field';

import { useAdmin } from '../frame/admin-texts';
import { Heading } from '../frame/heading';
import { useSay } from '../frame/toasts';
import { Trouble } from '../frame/trouble';
import { useAct } from '../frame/use-act';
import { Listing, type Column } from '../list/listing';
import { useList } from '../list/use-list';
import { askParked, askWhole, drop, replay, type Parked } from './calls';

const keyOf = (event: Parked) => `${event.service}/${event.id}`;

/** Events that could not be handled: to be looked at, handled again once the cause is mended, or given up with a reason. */
export function EventsPage() {
  const { t, locale } = useAdmin();
  const list = useList(askParked, keyOf);
  const [open, setOpen] = useState<Parked | null>(null);
  const columns: Column<Parked>[] = [
    {
      name: t('event'),
      cell: (event) => (
        <button
          type="button"
          className="min-h-11 text-left font-semibold text-leaf underline-offset-4 hover:underline"
          onClick={() => {
            setOpen(event);
          }}
        >
          {event.topic}
        </button>
      ),
    },
    { name: t('service'), cell: (event) => event.service },
    { name: t('error'), cell: (event) => <span className="block max-w-md truncate">{event.error}</span> },
    { name: t('behind'), cell: (event) => event.behind, end: true },
    {
      name: t('parked_at'),
      cell: (event) => <span className="whitespace-nowrap">{formatTime(event.parked_at, locale)}</span>,
    },
  ];
  return (
    <>
      <Heading title={t('events')} />
      <p className="mb-4 max-w-3xl text-soft">{t('events_text')}</p>
      <Listing caption={t('events')} columns={columns} list={list} keyOf={keyOf} empty={t('no_events')} />
      {open ? (
        <EventDialog
          event={open}
          onClose={() => {
            setOpen(null);
          }}
          onDone={() => {
            setOpen(null);
            list.reload();
          }}
        />
      ) : null}
    </>
  );
}

function EventDialog({ event, onClose, onDone }: { event: Parked; onClose: () => void; onDone: () => void }) {
  const { t } = useAdmin();
  const say = useSay();
  const whole = useMine(useCallback(() => askWhole(event), [event]));
  const again = useAct(
    () => replay(event),
    () => {
      say(t('replayed'));
      onDone();
    },
  );
  const dropping = useAct(
    (values) => drop(event, typed(values, 'reason') ?? ''),
    () => {
      say(t('dropped'));
      onDone();
    },
  );
  return (
    <Dialog open onClose={onClose} title={event.topic} closeLabel={t('close')} side>
      <div className="grid gap-5 p-5">
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
          <dt className="text-soft">{t('service')}</dt>
          <dd>{`${event.service} · ${event.handler}`}</dd>
          <dt className="text-soft">{t('key')}</dt>
          <dd className="break-all">{event.key}</dd>
          <dt className="text-soft">{t('error')}</dt>
          <dd className="break-words">{event.error}</dd>
        </dl>
        <Trouble failure={whole.failure} />
        <pre
          role="region"
          aria-label={t('details')}
          // What scrolls must be reachable by keyboard.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          className="max-h-72 overflow-auto rounded-xl bg-sunken p-3 text-xs"
        >
          {whole.data ? JSON.stringify(whole.data.payload, null, 2) : '…'}
        </pre>
        <form onSubmit={again.submit} className="grid gap-3">
          <Trouble failure={again.failure} />
          <Button type="submit" busy={again.busy}>
            {t('replay')}
          </Button>
        </form>
        <form onSubmit={dropping.submit} className="grid gap-3 border-t border-line pt-5" noValidate>
          <Trouble failure={dropping.failure} />
          <Field name="reason" label={t('drop_reason')} required maxLength={200} error={dropping.errors['reason']} />
          <Button type="submit" look="danger" busy={dropping.busy}>
            {t('drop')}
          </Button>
        </form>
      </div>
    </Dialog>
  );
}
