import type { NextConfig } from 'next';

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
  experimental: {
    globalNotFound: true,
  },
};

export default config;
