import 'server-only';

import createClient from 'openapi-fetch';

import type { Locale } from '@/i18n/locales';

import type { paths } from './schema';

const TIMEOUT_MS = 5_000;

/** The API as server components call it: anonymously, and never kept here, for whoever serves our pages keeps them. */
export function api(locale: Locale) {
  return createClient<paths>({
    baseUrl: process.env['FEIRA_API_URL'] ?? 'http://127.0.0.1:8000',
    headers: { 'accept-language': locale },
    fetch: (request) => fetch(request, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) }),
  });
}

/** Thrown by pages for what is neither an answer nor a 404: the error page is shown and not kept. */
export class Unanswered extends Error {
  constructor(status: number) {
    super(`The API answered ${status}`);
  }
}
