import { keep, readKept } from './kept';
import { PATIENCE_MS } from './patience';

// Who is signed in is known by cookies that no script can read. What is kept here is only that somebody is, so that a guest's
// browser does not ask in vain.
const SIGNED_IN = 'feira.signed_in';
const LOCK = 'feira.session';

export const SESSION_CHANGED = 'feira:session';

export function isSignedIn(): boolean {
  return readKept(SIGNED_IN) !== null;
}

/** Note that the cookies are new, or gone; other tabs hear it by their `storage` event. */
export function noteSession(signedIn: boolean): void {
  keep(SIGNED_IN, signedIn ? String(Date.now()) : null);
  window.dispatchEvent(new Event(SESSION_CHANGED));
}

/**
 * Renew the cookies, unless another tab has done so since `asked` (milliseconds): a refresh token works once, and a second
 * use would end the whole session. Answers whether the request may be sent again.
 */
export async function renew(asked: number): Promise<boolean> {
  return inTurn(async () => {
    const noted = Number(readKept(SIGNED_IN) ?? 0);
    if (noted === 0) return false;
    if (noted > asked) return true;
    // The other tabs wait for us meanwhile.
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch('/v1/sessions/browser/refresh', { method: 'POST', signal });
    if (answer.ok) noteSession(true);
    else if (answer.status === 401) noteSession(false);
    return answer.ok;
  });
}

let turn: Promise<unknown> = Promise.resolve();

/** One after the other in all tabs; in this one alone where a browser has no locks, which it has not over plain HTTP. */
function inTurn<T>(job: () => Promise<T>): Promise<T> {
  const locks = navigator.locks as LockManager | undefined;
  if (locks) return locks.request(LOCK, job);
  const mine = turn.then(job);
  turn = mine.catch(() => undefined);
  return mine;
}
