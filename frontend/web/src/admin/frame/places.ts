import type { IconName } from '@/ui/icons';

import type { AdminKey } from './admin-texts';

/** The back office's places, and the two keys that lead there: `g`, then the letter. */
export const PLACES: readonly { path: string; name: AdminKey; icon: IconName; letter: string }[] = [
  { path: '/admin', name: 'dashboard', icon: 'chart', letter: 'd' },
  { path: '/admin/orders', name: 'orders', icon: 'basket', letter: 'o' },
  { path: '/admin/products', name: 'products', icon: 'tag', letter: 'p' },
  { path: '/admin/categories', name: 'categories', icon: 'tree', letter: 'c' },
  { path: '/admin/stock', name: 'stock', icon: 'boxes', letter: 's' },
  { path: '/admin/import', name: 'import', icon: 'upload', letter: 'i' },
  { path: '/admin/settings', name: 'settings', icon: 'gear', letter: 'e' },
  { path: '/admin/events', name: 'events', icon: 'alert', letter: 'v' },
  { path: '/admin/people', name: 'people', icon: 'person', letter: 'u' },
  { path: '/admin/audit', name: 'audit', icon: 'clock', letter: 'a' },
];
