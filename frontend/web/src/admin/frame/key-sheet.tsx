'use client';

import { Dialog } from '@/ui/dialog';

import { useAdmin } from './admin-texts';
import { PLACES } from './places';

export function KeySheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useAdmin();
  const rows = [
    ['Ctrl K', t('palette')],
    ['?', t('keys')],
    ...PLACES.map(({ letter, name }) => [`g ${letter}`, t(name)]),
    ['Esc', t('close')],
  ];
  return (
    <Dialog open={open} onClose={onClose} title={t('keys')} closeLabel={t('close')}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 p-5">
        {rows.map(([keys, what]) => (
          <div key={keys} className="contents">
            <dt>
              {keys?.split(' ').map((key) => (
                <kbd key={key} className="mr-1 rounded-md border border-line bg-sunken px-2 py-0.5 font-sans text-sm">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
