/** Credential → actor: the one place where a caller becomes known. */
import { type Actor, tokenActor } from '../kernel/actor.ts';
import {
  type CookieReader,
  type CredentialKind,
  type CredentialReader,
  type Presented,
  refusedCredential,
} from '../kernel/credentials.ts';
import type { Grants } from '../kernel/permissions.ts';
import { createSecretMatcher } from '../kernel/secrets/secret-matcher.ts';

export interface StaticTokens {
  readonly operator: readonly string[];
  readonly internal: readonly string[];
}

export interface Authenticator {
  /** Returns the actor of a static token in an Authorization header; undefined for every other credential. Costs no I/O. */
  recognize(authorization: string): Actor | undefined;
  /**
   * Resolves to the actor of every other kind of credential. Rejects with `unauthenticated` and the reason for one that
   * belongs to no actor, and with `unavailable` when that cannot be known now.
   */
  identify(authorization: string, presented: Presented): Promise<Actor>;
  /** Returns the kind of the credential by its shape: for the audit log. */
  kindOf(authorization: string, presented: Presented): CredentialKind;
  /** The cookies that count as credentials where no Authorization header is. */
  readonly cookies: readonly CookieReader[];
}

export interface Authorities {
  readonly grants: Grants;
  readonly tokens: StaticTokens;
  /** The kinds besides static tokens. */
  readonly readers: readonly CredentialReader[];
  readonly cookies?: readonly CookieReader[];
}

const notBearer = { reason: 'malformed', detail: 'Send the credential as Authorization: Bearer.' };
const unknown = { reason: 'unknown', detail: 'This credential is not known here.' };

// As long as the header of a request may be.
const BEARER = /^Bearer +([!-~]{1,12288})$/i;

/** Makes an authenticator that knows the static tokens, and asks the first reader that recognizes a credential. */
export function createAuthenticator({ grants, tokens, readers, cookies = [] }: Authorities): Authenticator {
  const [operator, internal] = [tokenActor(grants, 'operator'), tokenActor(grants, 'internal')];
  const holderOf = createSecretMatcher([
    ...tokens.operator.map((secret) => ({ secret, holder: operator })),
    ...tokens.internal.map((secret) => ({ secret, holder: internal })),
  ]);
  const readerOf = (token: string, presented: Presented) =>
    readers.find((reader) => reader.recognizes(token, presented));
  return {
    cookies,
    recognize(authorization) {
      const token = bearerOf(authorization);
      return token === undefined ? undefined : holderOf(token);
    },
    async identify(authorization, presented) {
      const token = bearerOf(authorization);
      if (token === undefined) throw refusedCredential(notBearer);
      const reader = readerOf(token, presented);
      if (reader === undefined) throw refusedCredential(unknown);
      return reader.identify(token, presented);
    },
    kindOf(authorization, presented) {
      const token = bearerOf(authorization);
      return token === undefined ? 'other' : (readerOf(token, presented)?.kind ?? 'token');
    },
  };
}

function bearerOf(authorization: string): string | undefined {
  return BEARER.exec(authorization)?.[1];
}
