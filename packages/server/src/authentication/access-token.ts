/** Access tokens of OpenID providers as credentials: the person that the issuer vouches for. */

import type { Actor } from '../kernel/actor.ts';
import { type Person, personActor, userActor } from '../kernel/actor.ts';
import type { Dependencies } from '../kernel/context.ts';
import { type CredentialReader, refusedCredential } from '../kernel/credentials.ts';
import { OidcRefusal } from '../kernel/openid/refusal.ts';
import { tenantRoles } from '../kernel/permissions.ts';
import type { Oidc } from './oidc.ts';

const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

const DISABLED = { reason: 'user_disabled', detail: 'This user of the tenant is deactivated.', genuine: true };

type Known = Pick<Dependencies, 'grants' | 'users'>;

/** Makes the reader of signed tokens; null means that no issuer is trusted, so every token is refused. */
export function accessTokenCredential(deps: Known, oidc: Oidc | null): CredentialReader {
  return {
    kind: 'jwt',
    recognizes: (token) => JWT.test(token),
    async identify(token) {
      if (oidc === null) {
        throw refusedCredential({ reason: 'unknown_issuer', detail: 'No OpenID provider is trusted here.' });
      }
      try {
        return await actorOf(deps, await oidc.verify(token));
      } catch (error) {
        if (!(error instanceof OidcRefusal)) throw error;
        const { reason, message: detail, genuine } = error;
        throw refusedCredential({ reason, detail, genuine });
      }
    },
  };
}

/**
 * A person whose issuer and subject are a user of the tenant is that user: deactivated with it, and with its roles beside
 * those of the token.
 */
async function actorOf({ grants, users }: Known, person: Person): Promise<Actor> {
  const { issuer, subject, name, tenant_id, platform_roles } = person;
  if (tenant_id === null || platform_roles.length > 0) return personActor(grants, person);
  const external_subject = `${issuer}|${subject}`;
  const user = await users.bySubject(tenant_id, external_subject);
  if (user === null) return personActor(grants, person);
  if (user.disabled_at !== null) throw refusedCredential(DISABLED);
  const roles = tenantRoles.filter((role) => person.tenant_roles.includes(role) || user.roles.includes(role));
  return userActor(grants, { user_id: user.id, tenant_id, external_subject, display_name: name, roles });
}
