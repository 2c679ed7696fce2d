import type { ReactNode } from 'react';

/** A stall with its awning out and a sign on it: for pages that have nothing else to show. */
export function ClosedStall({
  sign,
  title,
  text,
  children,
}: {
  sign: string;
  title: string;
  text: string;
  children: ReactNode;
}) {
  return (
    <div className="shell py-12 text-center sm:py-20">
      <div aria-hidden="true" className="mx-auto mb-10 w-full max-w-md overflow-hidden rounded-3xl bg-wall">
        <div className="small-awning" />
        <div className="grid h-32 place-items-center">
          <span className="sign w-auto! -rotate-3 px-6! font-display text-4xl font-extrabold">{sign}</span>
        </div>
        <div className="h-9 border-t-8 border-counter-edge bg-counter" />
      </div>
      <h1 className="mb-3 text-4xl sm:text-5xl">{title}</h1>
      <p className="mx-auto mb-7 max-w-lg text-lg text-pretty text-soft">{text}</p>
      <div className="flex flex-wrap justify-center gap-3">{children}</div>
    </div>
  );
}
