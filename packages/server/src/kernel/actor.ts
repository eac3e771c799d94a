/** Who asks. The one seam of authentication: everything behind it reads only this. */
import type { Grants, Permission, PlatformRole, Role, TenantRole } from './permissions.ts';

export interface Actor {
  /** By what it is known: a static token, a person's sign-in, a key. `system` is for work that nobody asked for, `anonymous` for who was refused. */
  readonly type: 'operator' | 'internal' | 'user' | 'api_key' | 'system' | 'anonymous';
  readonly id: string;
  readonly name: string;
  /** Tells it from every other one, whoever issued its credential. */
  readonly principal: string;
  readonly roles: readonly Role[];
  readonly permissions: ReadonlySet<Permission>;
  /** What an API key was given, the products' words too; null for who is no key. */
  readonly scopes: readonly string[] | null;
  /** The tenant that it belongs to and never sees beyond; null for who sees all. */
  readonly tenant_id: string | null;
  /** The project that it is bound to inside its tenant, if any. */
  readonly project_id: string | null;
}

/** The holder of a static token. */
export function tokenActor(grants: Grants, type: 'operator' | 'internal'): Actor {
  const id = `${type}_token`;
  const name = type === 'operator' ? 'Operator token' : 'Internal token';
  return { ...platform, type, id, name, principal: id, roles: [type], permissions: grants.ofRoles([type]) };
}

/** A worker: it needs no permission, because nobody asked for what it does. */
export function systemActor(name: string): Actor {
  return {
    ...platform,
    type: 'system',
    id: name,
    name,
    principal: `system:${name}`,
    roles: [],
    permissions: new Set(),
  };
}

/** Whoever was refused: known by an address alone. */
export function anonymousActor(sourceIp: string): Actor {
  return {
    ...platform,
    type: 'anonymous',
    id: sourceIp,
    name: sourceIp,
    principal: `anonymous:${sourceIp}`,
    roles: [],
    permissions: new Set(),
  };
}

const platform = { scopes: null, tenant_id: null, project_id: null } as const;

/** What a proved token says of its bearer. */
export interface Person {
  readonly issuer: string;
  /** Unique within the issuer; 1 to 200 visible ASCII characters. */
  readonly subject: string;
  /** For people to read; 1 to 200 characters. */
  readonly name: string;
  /** Null when the token names no tenant, or none clearly. */
  readonly tenant_id: string | null;
  readonly platform_roles: readonly PlatformRole[];
  /** Empty without a tenant. */
  readonly tenant_roles: readonly TenantRole[];
}

/**
 * A person with a role on the platform acts for the platform. Every other person acts inside the tenant that the token
 * names; without a tenant such a person may do nothing.
 */
export function personActor(grants: Grants, person: Person): Actor {
  const { issuer, subject, name, platform_roles, tenant_roles, tenant_id } = person;
  const principal = `user:${issuer}|${subject}`;
  const known = { type: 'user', id: subject, name, principal, scopes: null, project_id: null } as const;
  if (platform_roles.length > 0)
    return { ...known, tenant_id: null, roles: platform_roles, permissions: grants.ofRoles(platform_roles) };
  return { ...known, tenant_id, roles: tenant_roles, permissions: grants.ofRoles(tenant_roles) };
}

/** What a verified key says of the program that holds it. */
export interface KeyHolder {
  readonly key_id: string;
  readonly name: string;
  readonly tenant_id: string;
  readonly project_id: string | null;
  readonly scopes: readonly string[];
}

/** A key acts inside its tenant, and inside its project when it is bound to one, as far as its scopes go. */
export function keyActor(grants: Grants, { key_id, name, tenant_id, project_id, scopes }: KeyHolder): Actor {
  const permissions = grants.ofScopes(scopes, project_id !== null);
  return {
    type: 'api_key',
    id: key_id,
    name,
    principal: `api_key:${key_id}`,
    roles: [],
    permissions,
    scopes,
    tenant_id,
    project_id,
  };
}
