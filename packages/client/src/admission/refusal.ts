/** The answers to refused requests, as problems (RFC 9457). None of them quotes a credential. */
import { isRegistryError } from '../errors.ts';

const titles = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  405: 'Method not allowed',
  413: 'Content too large',
  429: 'Too many requests',
  500: 'Internal server error',
  503: 'Service unavailable',
} as const;

export interface Refusal {
  readonly status: keyof typeof titles;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RefusalDetails {
  readonly code: string;
  /** An explanation for people. */
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the problem. */
  readonly members?: Readonly<Record<string, string>>;
}

export function refusalOf(status: Refusal['status'], { code, detail, headers, members }: RefusalDetails): Refusal {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify({ type: 'about:blank', title: titles[status], status, detail, code, ...members }),
  };
}

/** Returns the answer to a request about which the registry could not be asked: without its answer nobody is admitted. */
export function unavailable(error: unknown, detail: string): Refusal {
  return refusalOf(503, { code: 'unavailable', detail, headers: retryAfter(error) });
}

/** Returns the header that tells when to come again: when the registry said, and in a second at the earliest. */
export function retryAfter(error: unknown): Record<string, string> {
  const { retryAfter: seconds = 1 } = isRegistryError(error) ? error : {};
  return { 'retry-after': String(Math.max(1, seconds)) };
}
