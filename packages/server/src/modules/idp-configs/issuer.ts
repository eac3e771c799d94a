/** What may stand as an issuer, decided from the text alone. */
import { issuerMistake as oidcIssuerMistake } from '../../kernel/openid.ts';
import type { IdpKind } from './schema.ts';

/** Returns what is wrong with the issuer, or undefined; an entity ID of SAML is any text. */
export function issuerMistake(kind: IdpKind, issuer: string, acceptsScheme: (url: URL) => boolean): string | undefined {
  return kind === 'saml' ? undefined : oidcIssuerMistake(issuer, acceptsScheme);
}
