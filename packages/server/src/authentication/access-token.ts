/** Access tokens of OpenID providers as credentials: the person that the issuer vouches for. */
import { personActor } from '../kernel/actor.ts';
import { type CredentialReader, refusedCredential } from '../kernel/credentials.ts';
import type { Grants } from '../kernel/permissions.ts';
import { OidcRefusal } from './oidc/refusal.ts';
import type { Oidc } from './oidc.ts';

const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Makes the reader of signed tokens; null means that no issuer is trusted, so every token is refused. */
export function accessTokenCredential(grants: Grants, oidc: Oidc | null): CredentialReader {
  return {
    kind: 'jwt',
    recognizes: (token) => JWT.test(token),
    async identify(token) {
      if (oidc === null) {
        throw refusedCredential({ reason: 'unknown_issuer', detail: 'No OpenID provider is trusted here.' });
      }
      try {
        return personActor(grants, await oidc.verify(token));
      } catch (error) {
        if (!(error instanceof OidcRefusal)) throw error;
        const { reason, message: detail, genuine } = error;
        throw refusedCredential({ reason, detail, genuine });
      }
    },
  };
}
