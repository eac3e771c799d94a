/** The decision whether a request's API key admits it. */
import { isRegistryError } from '../errors.ts';
import type { ApiKeyVerdict } from '../generated/schemas/api-keys.ts';
import type { KeyQuestion } from '../types.ts';
import type { Verifier } from '../verifier.ts';
import { type Refusal, type RefusalDetails, refusalOf, retryAfter, unavailable } from './refusal.ts';
import { attachApiKey, type SeenRequest } from './request.ts';

/** The demands on the API key of a request: scopes, a product, an access. */
export interface ApiKeyRequirement extends KeyQuestion {
  /** A header such as `x-api-key` that may hold the key in requests without `Authorization: Bearer`. */
  readonly header?: string | undefined;
  /** Called with the reason for each answer 429 or 503, for the log. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Resolves to undefined once the accepted key is attached to the request, or to the answer that refuses the request.
 * Rejects for an invalid requirement.
 */
export async function admitApiKey(
  verifier: Pick<Verifier, 'verify'>,
  { header, onError, ...question }: ApiKeyRequirement,
  { request, headerOf }: SeenRequest,
): Promise<Refusal | undefined> {
  const bearer = /^Bearer +([!-~]+) *$/i.exec(headerOf('authorization') ?? '')?.[1];
  const key = bearer ?? (header === undefined ? undefined : headerOf(header));
  if (!key) return refused(401, 'unauthenticated', { 'www-authenticate': 'Bearer' });
  try {
    const verdict = await verifier.verify(key, question);
    if (!verdict.valid) return refusalFor(verdict.code, question);
    attachApiKey(request, verdict);
    return undefined;
  } catch (error) {
    // The developer has to see this mistake. As a RegistryError with status 400, frameworks would blame the caller.
    if (isRegistryError(error, 'invalid_input')) throw new Error('The requirement is not valid.', { cause: error });
    onError?.(error);
    const code: string | undefined = isRegistryError(error) ? error.problem?.code : undefined;
    if (code === 'too_many_attempts') return refused(429, code, retryAfter(error));
    return unavailable(error, 'The API key cannot be checked at the moment: try again.');
  }
}

type RefusalCode = Extract<ApiKeyVerdict, { valid: false }>['code'];

function refusalFor(code: RefusalCode, { scopes = [] }: KeyQuestion): Refusal {
  switch (code) {
    case 'not_found':
    case 'revoked':
    case 'expired':
      return refused(401, code, { 'www-authenticate': 'Bearer error="invalid_token"' });
    case 'insufficient_scope': {
      const challenge = `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`;
      return refused(403, code, { 'www-authenticate': challenge });
    }
    default:
      return refused(403, code);
  }
}

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
};

function refused(status: Refusal['status'], code: string, headers: RefusalDetails['headers'] = {}): Refusal {
  return refusalOf(status, { code, detail: details[code] ?? 'The API key may not be used for this.', headers });
}
