import Link from 'next/link';
import type { ComponentProps } from 'react';

type Look = 'primary' | 'quiet' | 'plain' | 'danger';

const LOOKS: Record<Look, string> = {
  primary: 'bg-leaf text-on-leaf hover:bg-leaf-strong',
  quiet: 'border border-line bg-stall text-ink hover:border-soft',
  plain: 'text-leaf hover:text-leaf-strong underline-offset-4 hover:underline',
  danger: 'border border-berry text-berry hover:bg-berry-soft',
};
const SHAPE =
  'inline-flex min-h-11 items-center justify-center gap-2 rounded-full px-5 py-2 text-center font-semibold transition-colors disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:opacity-50';

export function buttonLook(look: Look = 'primary', more = ''): string {
  return `${SHAPE} ${LOOKS[look]} ${more}`;
}

export function Button({
  look = 'primary',
  busy = false,
  className = '',
  type = 'button',
  children,
  ...rest
}: ComponentProps<'button'> & { look?: Look; busy?: boolean }) {
  return (
    <button
      {...rest}
      type={type}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      className={buttonLook(look, className)}
    >
      {children}
    </button>
  );
}

export function ButtonLink({
  look = 'primary',
  className = '',
  ...rest
}: ComponentProps<typeof Link> & { look?: Look }) {
  return <Link {...rest} className={buttonLook(look, className)} />;
}
