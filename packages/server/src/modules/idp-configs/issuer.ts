/** What may stand as an issuer, decided from the text alone. */
import { issuerMistake as oidcIssuerMistake } from '../../kernel/openid.ts';
import type { IdpKind } from './schema.ts';

/** An issuer is a part of the ids of its people: those have a length, and a bar after the issuer. */
const ISSUER_LENGTH_MAX = 255;

/** Returns what is wrong with the issuer, or undefined; an entity ID of SAML is any text. */
export function issuerMistake(kind: IdpKind, issuer: string, acceptsScheme: (url: URL) => boolean): string | undefined {
  if (kind === 'saml') return undefined;
  if (issuer.length > ISSUER_LENGTH_MAX) return `must have at most ${ISSUER_LENGTH_MAX} characters`;
  if (issuer.includes('|')) return 'must not contain a bar';
  return oidcIssuerMistake(issuer, acceptsScheme);
}
