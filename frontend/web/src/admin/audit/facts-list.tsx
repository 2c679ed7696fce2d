'use client';

import { Icon } from '@/ui/icons';

import { useAdmin } from '../frame/admin-texts';
import type { Fact } from './facts';

const LETTERS_SHOWN = 160;

/** What an act was about; what is long is there on demand. */
export function FactsList({ facts }: { facts: readonly Fact[] }) {
  const letters = facts.reduce((sum, { name, text }) => sum + name.length + text.length, 0);
  if (letters <= LETTERS_SHOWN) return <Lines facts={facts} />;
  const names = facts.map(({ name, text }) => name || text).join(', ');
  return (
    <details className="group max-w-md">
      <summary className="flex min-h-11 items-center gap-1.5 sm:min-h-8">
        <span className="line-clamp-2 min-w-0 wrap-anywhere group-open:line-clamp-none">{names}</span>
        <Icon name="down" className="size-4 text-soft transition-transform group-open:rotate-180" />
      </summary>
      <Lines facts={facts} />
    </details>
  );
}

function Lines({ facts }: { facts: readonly Fact[] }) {
  const { t } = useAdmin();
  return (
    <dl className="grid max-w-md gap-y-1">
      {facts.map(({ name, text }, number) => (
        <div key={number} className="wrap-anywhere">
          <dt className={name ? 'inline text-soft' : 'sr-only'}>{`${name || t('details')}: `}</dt>
          <dd className="inline">{text}</dd>
        </div>
      ))}
    </dl>
  );
}
