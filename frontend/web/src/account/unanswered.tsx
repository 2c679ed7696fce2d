'use client';

import type { Failure } from '@/api/problem';
import { useTexts } from '@/i18n/texts';
import { Button } from '@/ui/button';

import { FailureNotice } from './failure-notice';

/** What could not be shown, why, and to ask again. */
export function Unanswered({ failure, retry }: { failure: Failure; retry: () => void }) {
  const t = useTexts('account');
  return (
    <div className="grid justify-items-start gap-4">
      <FailureNotice failure={failure} />
      <Button look="quiet" onClick={retry}>
        {t('retry')}
      </Button>
    </div>
  );
}
