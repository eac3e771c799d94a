/** The question of a gateway and its answer, decided without I/O. */
import type { DomainError } from '../../kernel/errors.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { apiKeyErrors } from './errors.ts';
import { type AcceptedApiKey, type RefusalCode, type VerifyApiKey, verifyApiKeyInput } from './schema.ts';

export type GatewayQuestion = Omit<VerifyApiKey, 'key'>;

/** The shape of a gateway's question, its scopes already apart. */
export const gatewayQuestion = verifyApiKeyInput.omit({ key: true });

/** The values of the headers that may bring a key, in the order in which they came. */
export interface KeyHeaders {
  readonly authorization?: readonly string[] | undefined;
  readonly 'x-api-key'?: readonly string[] | undefined;
}

const BEARER = /^Bearer +/i;

/**
 * Returns the one key that a request presents, as Bearer credential or as X-Api-Key; undefined when it presents none.
 * Throws `unauthenticated` for several different ones, of which the product behind might take another than was verified.
 */
export function presentedKey(headers: KeyHeaders): string | undefined {
  const bearers = headers.authorization?.map((value) => value.replace(BEARER, '')) ?? [];
  const [key, another] = new Set([...bearers, ...(headers['x-api-key'] ?? [])].filter((value) => value !== ''));
  if (another === undefined) return key;
  throw kernelErrors.unauthenticated({
    reason: 'ambiguous',
    detail: 'The request presents several different credentials: send one key.',
  });
}

const sentences: Readonly<Record<RefusalCode, string>> = {
  not_found: 'There is no such API key.',
  revoked: 'The API key is revoked.',
  expired: 'The API key has expired.',
  insufficient_scope: 'The API key lacks a scope that this needs.',
  not_entitled: 'The tenant is not entitled to the product.',
  tenant_frozen: 'The tenant is frozen: its keys only read.',
  tenant_archived: 'The tenant is archived: its keys are of no use any more.',
};

/** Returns the error that tells the client of a gateway why its key does not open this. */
export function gatewayRefusal(verdict: RefusalCode): DomainError {
  const said = { detail: sentences[verdict], members: { verdict } };
  switch (verdict) {
    case 'not_found':
    case 'revoked':
    case 'expired':
      return apiKeyErrors.apiKeyRefused({ ...said, reason: verdict });
    case 'insufficient_scope':
    case 'not_entitled':
    case 'tenant_frozen':
    case 'tenant_archived':
      return apiKeyErrors.apiKeyNotAllowed(said);
    default:
      return verdict satisfies never;
  }
}

/**
 * Returns the headers that a gateway hands on to the product. Each is always there, empty where there is nothing to
 * say, so that one which the client made up is overwritten.
 */
export function identityHeaders(accepted: AcceptedApiKey): Readonly<Record<string, string>> {
  return {
    'x-tenant-id': accepted.tenant_id,
    'x-tenant-slug': ascii(accepted.tenant_slug),
    'x-tenant-status': accepted.tenant_status,
    'x-project-id': accepted.project_id ?? '',
    'x-api-key-id': accepted.key_id,
    'x-api-key-scopes': accepted.scopes.map(ascii).join(' '),
  };
}

/** Keeps a value one word of visible ASCII, because no row may break the header that names it. */
function ascii(text: string): string {
  return /^[!-~]*$/.test(text) ? text : encodeURIComponent(text);
}
