import type { ReactNode } from 'react';

/** A page with one thing to do. */
export function Card({ title, intro, children }: { title: string; intro?: string; children: ReactNode }) {
  return (
    <div className="shell max-w-lg py-12">
      <h1 className="mb-2 text-3xl">{title}</h1>
      {intro ? <p className="mb-6 text-soft">{intro}</p> : null}
      <div className="mt-6 rounded-stall border border-line bg-stall p-5 shadow-stall sm:p-7">{children}</div>
    </div>
  );
}
