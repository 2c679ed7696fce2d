import type { components } from './schema';

/** What the API answers when it refuses: RFC 9457, with a stable `code`. */
export type Problem = components['schemas']['Problem'] & Record<string, unknown>;

/** What went wrong with a request, whatever it was, in one shape. */
export type Failure = { status: number; code: string; problem: Problem | null; retryAfterSeconds: number | null };

/** `status` 0 stands for no answer at all: the network is gone, or the shop. */
export const UNREACHABLE: Failure = { status: 0, code: 'unreachable', problem: null, retryAfterSeconds: null };

export function failureOf(response: Response, body: unknown): Failure {
  const problem = isProblem(body) ? body : null;
  const wait = Number(response.headers.get('retry-after'));
  return {
    status: response.status,
    code: problem?.code ?? 'unknown',
    problem,
    retryAfterSeconds: Number.isFinite(wait) && wait > 0 ? wait : null,
  };
}

/** What a page itself sees is wrong, before anybody is asked: in the shape of a 422. */
export function refusalOf(errors: readonly { field: string; message: string }[]): Failure {
  const problem = { type: 'about:blank', title: '', status: 422, detail: '', code: 'invalid', errors: [...errors] };
  return { status: problem.status, code: problem.code, problem, retryAfterSeconds: null };
}

/** The messages of a 422 by the field they blame, such as `shipping_address.city`. */
export function fieldErrors(failure: Failure | null): Record<string, string> {
  const errors = failure?.problem?.errors ?? [];
  return Object.fromEntries(errors.map((error) => [error.field, error.message]));
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'status' in body;
}
