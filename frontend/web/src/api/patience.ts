/** How long an answer is waited for; no answer by then is none, and what was typed can be sent again. */
export const PATIENCE_MS = 30_000;

/** Ends a request when its caller does, or when it takes too long; a file may take as long as it takes to be sent. */
export function patience(request: Request): AbortSignal {
  const sends = request.headers.get('content-type');
  if (sends !== null && sends !== 'application/json') return request.signal;
  // Browsers of before 2024 cannot join signals: there the caller's is enough.
  const join = (AbortSignal as { any?: typeof AbortSignal.any }).any;
  return join ? join.call(AbortSignal, [request.signal, AbortSignal.timeout(PATIENCE_MS)]) : request.signal;
}
