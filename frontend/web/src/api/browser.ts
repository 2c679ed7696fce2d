import createClient from 'openapi-fetch';

import { patience } from './patience';
import { failureOf, UNREACHABLE, type Failure } from './problem';
import type { paths } from './schema';
import { isSignedIn, renew } from './session';

/** The API as the browser calls it, with its cookies; an access token that has run out is renewed on the way, once. */
export const api = createClient<paths>({ baseUrl: '', fetch: send });

async function send(request: Request): Promise<Response> {
  // Texts come in the language of the page, which need not be the browser's.
  request.headers.set('accept-language', document.documentElement.lang);
  if (!isSignedIn()) return fetch(request, { signal: patience(request) });
  const again = request.clone();
  const asked = Date.now();
  const answer = await fetch(request, { signal: patience(request) });
  return answer.status === 401 && (await renew(asked)) ? fetch(again, { signal: patience(again) }) : answer;
}

export type Result<T> = { ok: true; data: T; response: Response } | { ok: false; failure: Failure };

/** What came of a call, as a value: `const found = await outcome(api.GET('/v1/users/me'))`. */
export async function outcome<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<Result<T>> {
  try {
    const { data, error, response } = await call;
    if (response.ok) return { ok: true, data: data as T, response };
    return { ok: false, failure: failureOf(response, error) };
  } catch {
    return { ok: false, failure: UNREACHABLE };
  }
}
