/** What may stand as an issuer, decided from the text alone. */
import type { IdpKind } from './schema.ts';

/**
 * Returns what is wrong with the issuer, or undefined. An OIDC issuer is an https URL without query and fragment
 * (OpenID Connect Discovery 1.0, section 3); an entity ID of SAML is any text.
 */
export function issuerMistake(kind: IdpKind, issuer: string, acceptsScheme: (url: URL) => boolean): string | undefined {
  if (kind === 'saml') return undefined;
  if (!URL.canParse(issuer)) return 'must be a URL';
  const url = new URL(issuer);
  if (!acceptsScheme(url)) return 'must be an https URL';
  if (url.username !== '' || url.password !== '') return 'must not contain a user or a password';
  return /[?#]/.test(issuer) ? 'must have neither query nor fragment' : undefined;
}

/** Where the discovery document is (section 4.1): a slash at the end of the issuer counts once. */
export function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}
