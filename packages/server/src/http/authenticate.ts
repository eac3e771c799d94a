/** Bearer credential → actor: the one place where somebody becomes known. */

import { type Actor, keyActor, personActor, tokenActor } from '../kernel/actor.ts';
import type { CredentialKind } from '../kernel/buffered/access-log.ts';
import type { Dependencies } from '../kernel/context.ts';
import { type DomainError, kernelErrors } from '../kernel/errors.ts';
import { createSecretMatcher } from '../kernel/secrets/secret-matcher.ts';
import { KEY_MARK } from '../modules/api-keys/key-format.ts';
import { holderOfApiKey } from '../modules/api-keys/verify.ts';
import { OidcRefusal } from './oidc/refusal.ts';
import type { Oidc } from './oidc.ts';

export interface StaticTokens {
  readonly operator: readonly string[];
  readonly internal: readonly string[];
}

export interface Authenticator {
  /** Returns who holds the static token of an Authorization header, if it is one: costs next to nothing. */
  recognize(authorization: string): Actor | undefined;
  /**
   * Returns whom another credential belongs to: an API key, a token of an OIDC issuer. Throws `unauthenticated` with the
   * reason for one that names nobody, `unavailable` when nobody can tell now.
   */
  identify(authorization: string): Promise<Actor>;
}

export interface Authorities {
  readonly tokens: StaticTokens;
  readonly oidc: Oidc | null;
  readonly deps: Dependencies;
}

// As long as the header of a request may be.
const BEARER = /^Bearer +([!-~]{1,12288})$/i;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Knows the static tokens, the API keys, and the tokens of the OIDC issuers. */
export function createAuthenticator({ tokens, oidc, deps }: Authorities): Authenticator {
  const [operator, internal] = [tokenActor('operator'), tokenActor('internal')];
  const holderOf = createSecretMatcher([
    ...tokens.operator.map((secret) => ({ secret, holder: operator })),
    ...tokens.internal.map((secret) => ({ secret, holder: internal })),
  ]);
  return {
    recognize(authorization) {
      const token = bearerOf(authorization);
      return token === undefined ? undefined : holderOf(token);
    },
    async identify(authorization) {
      const token = bearerOf(authorization);
      const kind = kindOf(authorization);
      if (token === undefined) throw refused('malformed', 'Send the credential as Authorization: Bearer.');
      if (kind === 'api_key') return byKey(deps, token);
      if (kind !== 'jwt') throw refused('unknown', 'This credential is not known here.');
      if (oidc === null) throw refused('unknown_issuer', 'No OpenID provider is trusted here.');
      return byAccessToken(oidc, token);
    },
  };
}

/** What a credential looks like: for the audit log. */
export function kindOf(authorization: string): CredentialKind {
  const token = bearerOf(authorization);
  if (token === undefined) return 'other';
  if (token.startsWith(KEY_MARK)) return 'api_key';
  return JWT.test(token) ? 'jwt' : 'token';
}

function bearerOf(authorization: string): string | undefined {
  return BEARER.exec(authorization)?.[1];
}

async function byAccessToken(oidc: Oidc, token: string): Promise<Actor> {
  try {
    return personActor(await oidc.verify(token));
  } catch (error) {
    throw error instanceof OidcRefusal ? refused(error.reason, error.message) : error;
  }
}

async function byKey(deps: Dependencies, key: string): Promise<Actor> {
  const holder = await holderOfApiKey(deps, key);
  if (holder === null) throw refused('invalid_key', 'This API key cannot be used.');
  return keyActor(holder);
}

function refused(reason: string, detail: string): DomainError {
  return kernelErrors.unauthenticated({ reason, detail });
}
