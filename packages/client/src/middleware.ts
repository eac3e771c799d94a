/** The decision that all adapters for frameworks share: whether a request's API key admits it. Pure but for the verifier. */
import { isRegistryError } from './errors.ts';
import type { AcceptedApiKey, ApiKeyVerdict, KeyQuestion } from './types.ts';
import type { Verifier } from './verifier.ts';

/** The demands on the API key of a request: scopes, a product, an access. */
export interface ApiKeyRequirement extends KeyQuestion {
  /** A header such as `x-api-key` that may hold the key in requests without `Authorization: Bearer`. */
  readonly header?: string | undefined;
  /** Called with the reason for each answer 429 or 503, for the log. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** The answer to a refused request, as a problem (RFC 9457). It never quotes the key. */
export interface Refusal {
  readonly status: 401 | 403 | 429 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Admission =
  | { readonly accepted: AcceptedApiKey; readonly refusal?: undefined }
  | { readonly refusal: Refusal; readonly accepted?: undefined };

/** Resolves to the verdict on the request's key or to the answer that refuses the request. Rejects for an invalid requirement. */
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
    // The developer has to see this mistake. As a RegistryError with status 400, frameworks would blame the caller.
    if (isRegistryError(error, 'invalid_input')) throw new Error('The requirement is not valid.', { cause: error });
    onError?.(error);
    return { refusal: withoutVerdict(error) };
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

/** Returns the answer to a request whose key could not be verified: no verdict means no admission. */
function withoutVerdict(error: unknown): Refusal {
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
  insufficient_scope: 'The API key lacks a scope that this request needs.',
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

/** Attaches the verdict to a request, for `apiKeyOf`. */
export function attach(request: object, accepted: AcceptedApiKey): void {
  acceptedKeys.set(request, accepted);
}

/** Returns the accepted key of a request: its tenant, its scopes. Throws if `requireApiKey` did not run before. */
export function apiKeyOf(request: object): AcceptedApiKey {
  const accepted = acceptedKeys.get(request);
  if (accepted === undefined) throw new Error('No API key was required of this request: use requireApiKey before.');
  return accepted;
}

/** Returns a reader for the headers of a Node request, which treats a repeated header as absent. */
export function nodeHeader(headers: Readonly<Record<string, string | readonly string[] | undefined>>) {
  return (name: string): string | undefined => {
    const value = headers[name.toLowerCase()];
    return typeof value === 'string' ? value : undefined;
  };
}
