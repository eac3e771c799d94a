/** Tells access tokens from the other tokens that issuers sign with the same keys. */
import type { JWTHeaderParameters, JWTPayload } from 'jose';
import { OidcRefusal } from './refusal.ts';

/** `typ` of the header: of an access token (RFC 9068), or of any JWT. Logout tokens and proofs have their own. */
const HEADER_TYPES = ['jwt', 'at+jwt', 'application/at+jwt'];
/** Claims that say it: Keycloak's `typ` (Bearer, ID, Refresh, Offline, Logout), Cognito's `token_use`, and their like. */
const KIND_CLAIMS = ['typ', 'use', 'token_use', 'token_type'];
const KINDS = ['bearer', 'access', 'access_token', 'jwt', 'at+jwt'];
/** Hashes that only ID tokens have, and what only logout and security event tokens tell. */
const FOREIGN_CLAIMS = ['at_hash', 'c_hash', 's_hash', 'events'];

/** Throws `OidcRefusal` unless the token is an access token that its bearer may use. */
export function requireAccessToken({ typ = 'JWT' }: JWTHeaderParameters, payload: JWTPayload): void {
  const isOther = (claim: string) => Object.hasOwn(payload, claim) && !isOneOf(KINDS, payload[claim]);
  const isForeign = FOREIGN_CLAIMS.some((claim) => Object.hasOwn(payload, claim));
  if (!isOneOf(HEADER_TYPES, typ) || KIND_CLAIMS.some(isOther) || isForeign)
    throw new OidcRefusal('type', { genuine: true });
  // Bound to a key by DPoP or mutual TLS (RFC 9449, RFC 8705): taken as a bearer token, it would be stolen as one.
  if (Object.hasOwn(payload, 'cnf')) throw new OidcRefusal('bound', { genuine: true });
}

// The types of jose promise texts, but an issuer can sign any JSON.
function isOneOf(texts: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && texts.includes(value.toLowerCase());
}
