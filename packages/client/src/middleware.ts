/** Requires an API key of a request: what the adapters for frameworks share. Pure but for the verifier. */
import { isRegistryError } from './errors.ts';
import type { AcceptedApiKey, ApiKeyVerdict, KeyQuestion } from './types.ts';
import type { Verifier } from './verifier.ts';

/** What is required of a request: a key that is good for this. */
export interface ApiKeyRequirement extends KeyQuestion {
  /** A header that may bring the key by itself, when `Authorization: Bearer` does not: `x-api-key`. */
  readonly header?: string | undefined;
  /** Told why a request was answered with 503: for the log. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** An answer, as a problem (RFC 9457). It never quotes the key. */
export interface Refusal {
  readonly status: 401 | 403 | 429 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Admission =
  | { readonly accepted: AcceptedApiKey; readonly refusal?: undefined }
  | { readonly refusal: Refusal; readonly accepted?: undefined };

/** Resolves to the verdict on the request's key, or to the answer that refuses it. Rejects for a wrong requirement. */
export async function admit(
  verifier: Pick<Verifier, 'verify'>,
  { header, onError, ...question }: ApiKeyRequirement,
  headerOf: (name: string) => string | null | undefined,
): Promise<Admission> {
  const bearer = /^Bearer +([!-~]+) *$/i.exec(headerOf('authorization') ?? '')?.[1];
  const key = bearer ?? (header === undefined ? undefined : headerOf(header));
  if (!key) return { refusal: refusalOf(401, 'unauthenticated', { 'www-authenticate': 'Bearer' }) };
  try {
    const verdict = await verifier.verify(key, question);
    return verdict.valid ? { accepted: verdict } : { refusal: refused(verdict.code, question) };
  } catch (error) {
    // Whoever wrote the requirement must know. Frameworks would answer with the status of the error itself.
    if (isRegistryError(error, 'invalid_input')) throw new Error('The requirement is no valid one.', { cause: error });
    onError?.(error);
    return { refusal: unanswered(error) };
  }
}

type RefusalCode = Extract<ApiKeyVerdict, { valid: false }>['code'];

function refused(code: RefusalCode, { scopes = [] }: KeyQuestion): Refusal {
  switch (code) {
    case 'not_found':
    case 'revoked':
    case 'expired':
      return refusalOf(401, code, { 'www-authenticate': 'Bearer error="invalid_token"' });
    case 'insufficient_scope': {
      const challenge = `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`;
      return refusalOf(403, code, { 'www-authenticate': challenge });
    }
    default:
      return refusalOf(403, code);
  }
}

/** Without a verdict nobody comes in, whatever the reason. */
function unanswered(error: unknown): Refusal {
  const { retryAfter = 1, problem } = isRegistryError(error) ? error : {};
  const code: string | undefined = problem?.code;
  const headers = { 'retry-after': String(Math.max(1, retryAfter)) };
  return code === 'too_many_attempts' ? refusalOf(429, code, headers) : refusalOf(503, 'unavailable', headers);
}

const titles = { 401: 'Unauthorized', 403: 'Forbidden', 429: 'Too many requests', 503: 'Service unavailable' } as const;
const details: Readonly<Record<string, string>> = {
  unauthenticated: 'Send an API key: Authorization: Bearer …',
  not_found: 'There is no such API key.',
  revoked: 'The API key is revoked.',
  expired: 'The API key has expired.',
  insufficient_scope: 'The API key lacks a scope that this needs.',
  not_entitled: 'The product is not part of the contract.',
  tenant_frozen: 'The account is frozen.',
  tenant_archived: 'The account is closed.',
  too_many_attempts: 'Too many wrong keys were tried: try again later.',
  unavailable: 'The API key cannot be checked at the moment: try again.',
};

function refusalOf(status: Refusal['status'], code: string, headers: Record<string, string> = {}): Refusal {
  const detail = details[code] ?? 'The API key may not be used for this.';
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify({ type: 'about:blank', title: titles[status], status, detail, code }),
  };
}

const acceptedKeys = new WeakMap<object, AcceptedApiKey>();

/** Puts the verdict on a request, for `apiKeyOf`. */
export function attach(request: object, accepted: AcceptedApiKey): void {
  acceptedKeys.set(request, accepted);
}

/** Returns the key that a request was let in with: whose it is, and what it may. Throws when none was required of it. */
export function apiKeyOf(request: object): AcceptedApiKey {
  const accepted = acceptedKeys.get(request);
  if (accepted === undefined) throw new Error('No API key was required of this request: use requireApiKey before.');
  return accepted;
}

/** A header of a Node request, when it came once. */
export function nodeHeader(headers: Readonly<Record<string, string | readonly string[] | undefined>>) {
  return (name: string): string | undefined => {
    const value = headers[name.toLowerCase()];
    return typeof value === 'string' ? value : undefined;
  };
}
