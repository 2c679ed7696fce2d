import type { ReactNode } from 'react';

export const metadata = { title: 'Empty', robots: { index: false } };

/** An application without anything: what the framework costs by itself, to measure our pages against. */
export default function EmptyLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
