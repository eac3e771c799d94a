/** Reads a token's claims. Pure: the signature is verified elsewhere. */
import type { JWTPayload } from 'jose';
import type { Person } from '../../kernel/actor.ts';
import { claimAt, isSubject, readable, textsOf } from '../../kernel/openid/claims.ts';
import { OidcRefusal } from '../../kernel/openid/refusal.ts';
import { platformRoles, tenantRoles } from '../../kernel/permissions.ts';
import { id } from '../../kernel/schema.ts';
import type { OidcConfig } from './config.ts';

/** Used when the configured claim is absent; the subject is last. */
const NAME_CLAIMS = ['preferred_username', 'email'];
/** The last second that a Date can be. */
const SECONDS_MAX = 8.64e12;

/** Returns the person that the claims describe, or throws `OidcRefusal`. Roles without a mapping are dropped. */
export function personOf(payload: JWTPayload, { claims, roleMap }: OidcConfig): Person {
  const { iss, sub, exp } = payload;
  if (!isSubject(sub)) throw new OidcRefusal('subject', { genuine: true });
  // A number that JSON can write may be past every date, or infinite: it would never expire.
  if (iss === undefined || exp === undefined || !(exp <= SECONDS_MAX))
    throw new OidcRefusal('malformed', { genuine: true });
  const tenant_id = tenantOf(claimAt(payload, claims.tenant));
  const rolesAt = (path: string) => textsOf(claimAt(payload, path)).map((name) => roleMap.get(name));
  const platform = rolesAt(claims.platformRoles);
  const ofTenant = tenant_id === null ? [] : rolesAt(claims.tenantRoles);
  return {
    issuer: iss,
    subject: sub,
    name: nameOf(payload, claims.name) ?? sub,
    tenant_id,
    platform_roles: platformRoles.filter((role) => platform.includes(role)),
    tenant_roles: tenantRoles.filter((role) => ofTenant.includes(role)),
  };
}

/** A member of two tenants acts for neither: which one is meant would be a guess. */
function tenantOf(claim: unknown): string | null {
  const [only, ...others] = Array.isArray(claim) ? claim : [claim];
  return others.length === 0 ? (id.safeParse(only).data ?? null) : null;
}

function nameOf(payload: JWTPayload, path: string): string | undefined {
  return [path, ...NAME_CLAIMS].map((each) => readable(claimAt(payload, each))).find((name) => name !== '');
}
