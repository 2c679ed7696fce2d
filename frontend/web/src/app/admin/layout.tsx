import type { Metadata } from 'next';
import type { ReactNode } from 'react';

import { Frame } from '@/admin/frame/frame';
import { HistoryScript } from '@/admin/frame/history-script';
import { SHOP_NAME } from '@/shop/settings';
import { ThemeScript } from '@/ui/theme-script';

import { body, title } from '../fonts';
import '../globals.css';

export const dynamic = 'force-dynamic';

export const metadata: Metadata = { robots: { index: false } };

export default function AdminLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" className={`${title.variable} ${body.variable}`} suppressHydrationWarning>
      <head>
        <ThemeScript />
        <HistoryScript />
      </head>
      <body className="min-h-dvh">
        <Frame shop={SHOP_NAME}>{children}</Frame>
      </body>
    </html>
  );
}
