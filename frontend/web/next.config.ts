import type { NextConfig } from 'next';

const KNOWN = ['en', 'pt-BR', 'admin', 'empty', 'sitemaps', '_next'];
const FILES = ['favicon.ico', 'icon.svg', 'apple-icon.png', 'manifest.webmanifest', 'robots.txt', 'sitemap.xml'];
const OURS = [...KNOWN, ...FILES].map((name) => name.replaceAll('.', String.raw`\.`)).join('|');

const config: NextConfig = {
  output: 'standalone',
  outputFileTracingRoot: import.meta.dirname,
  reactStrictMode: true,
  poweredByHeader: false,
  // Whoever serves our pages to the world compresses and tags them, once.
  compress: false,
  generateEtags: false,
  images: { unoptimized: true },
  // `npm run lint` checks types; whoever only wants to open a shop need not wait for it.
  typescript: { ignoreBuildErrors: true },
  // What a page says of itself stands in its head, whoever reads it: the kept page is one for all.
  htmlLimitedBots: /.*/,
  // An address whose first word is no language would be taken for one: its 404 is drawn by the page that every language has.
  rewrites: () =>
    Promise.resolve({
      beforeFiles: [],
      afterFiles: [{ source: `/:first((?!(?:${OURS})(?:/|$)).*)`, destination: '/en/nowhere' }],
      fallback: [],
    }),
  experimental: {
    // What was fetched before somebody followed a link is no older than this.
    staleTimes: { dynamic: 0, static: 30 },
    globalNotFound: true,
  },
};

export default config;
