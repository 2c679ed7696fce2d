import type { MetadataRoute } from 'next';

import { LOCALES } from '@/i18n/locales';
import { PUBLIC_URL } from '@/shop/settings';

// The shop's address is known when it is started, not when this is built.
export const dynamic = 'force-dynamic';

const PRIVATE = ['cart', 'checkout', 'account', 'orders', 'sign-in', 'register', 'forgot', 'reset', 'verify', 'search'];

/** What belongs to somebody, and the many views of the same goods, need not be read by machines. */
export default function robots(): MetadataRoute.Robots {
  const closed = LOCALES.flatMap((locale) => PRIVATE.map((page) => `/${locale}/${page}`));
  return {
    rules: { userAgent: '*', allow: '/', disallow: ['/admin', '/v1/', '/dev/', '/*?', ...closed] },
    sitemap: `${PUBLIC_URL}/sitemap.xml`,
  };
}
