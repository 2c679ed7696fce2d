import type { ReactNode } from 'react';

type Tone = 'good' | 'mind' | 'bad';

const TONES: Record<Tone, string> = {
  good: 'bg-leaf-soft text-ink',
  mind: 'bg-sun-soft text-ink',
  bad: 'bg-berry-soft text-ink',
};

/** Something the reader should know; what is bad is announced at once. */
export function Notice({ tone = 'mind', title, children }: { tone?: Tone; title?: string; children?: ReactNode }) {
  return (
    <div role={tone === 'bad' ? 'alert' : 'status'} className={`rounded-2xl px-4 py-3 wrap-anywhere ${TONES[tone]}`}>
      {title ? <p className="font-semibold">{title}</p> : null}
      {children}
    </div>
  );
}
