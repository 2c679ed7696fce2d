import type { Failure } from '@/api/problem';
import type { Money } from '@/i18n/format';

/** What is known of the price when somebody has pressed the button: `settled` tells that it is of what is asked now. */
type Known = { quote: { total: Money } | null; settled: boolean; failure: Failure | null };

/** `pay` is the only one that buys; `changed` and `unknown` end a press, which has bought nothing then. */
export type Course = 'wait' | 'pay' | 'changed' | 'unknown';

/** What becomes of a press of the button at which this total (none: none yet) was shown: nobody pays what was not shown. */
export function courseOf(shown: Money | null, { quote, settled, failure }: Known): Course {
  if (failure) return 'unknown';
  if (!settled || !quote) return 'wait';
  return shown?.amount === quote.total.amount && shown.currency === quote.total.currency ? 'pay' : 'changed';
}
