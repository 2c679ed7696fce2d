import localFont from 'next/font/local';

export const title = localFont({
  src: '../../node_modules/@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2',
  variable: '--font-title',
  weight: '200 800',
  display: 'swap',
});

export const body = localFont({
  src: '../../node_modules/@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2',
  variable: '--font-body',
  weight: '300 900',
  display: 'swap',
});
