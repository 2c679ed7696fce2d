import type { MetadataRoute } from 'next';

import { SHOP_NAME } from '@/shop/settings';

// The shop's name is known when it is started, not when this is built.
export const dynamic = 'force-dynamic';

export default function manifest(): MetadataRoute.Manifest {
  return {
    name: SHOP_NAME,
    short_name: SHOP_NAME,
    start_url: '/',
    display: 'standalone',
    background_color: '#fbf8f2',
    theme_color: '#1c6844',
    icons: [
      { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
      { src: '/apple-icon.png', sizes: '180x180', type: 'image/png' },
    ],
  };
}
