/** The caller of a request. Code behind authentication reads the caller from here alone. */
import {
  type Grants,
  type Permission,
  type PlatformRole,
  type Role,
  SCOPE_PREFIX,
  type TenantRole,
} from './permissions.ts';

export interface Actor {
  /**
   * The kind of caller: a static token, a person, a program that is known by itself, a key. `system` is a worker,
   * `anonymous` a refused or unknown caller.
   */
  readonly type: 'operator' | 'internal' | 'user' | 'service_identity' | 'api_key' | 'system' | 'anonymous';
  /** Unique among the actors of its type: a person's carries the issuer. It is in audit rows, and callers filter by it. */
  readonly id: string;
  readonly name: string;
  /** Unique among all callers. */
  readonly principal: string;
  readonly roles: readonly Role[];
  readonly permissions: ReadonlySet<Permission>;
  /** The scopes of an API key, the products' own words included; null for every other caller. */
  readonly scopes: readonly string[] | null;
  /** The tenant that the caller belongs to and never sees beyond; null for a caller that sees all tenants. */
  readonly tenant_id: string | null;
  /** The project that it is bound to inside its tenant, if any. */
  readonly project_id: string | null;
  /** The user of the tenant that it is, or that owns the key; null: it is none. */
  readonly user_id: string | null;
  /** The service identity that it is, or that owns the key; null: it is none. */
  readonly service_identity_id: string | null;
  /** The browser session that the request came in; null: it came in none. */
  readonly session_id: string | null;
}

/** The holder of a static token. */
export function tokenActor(grants: Grants, type: 'operator' | 'internal'): Actor {
  const id = `${type}_token`;
  const name = type === 'operator' ? 'Operator token' : 'Internal token';
  return { ...platform, type, id, name, principal: id, roles: [type], permissions: grants.ofRoles([type]) };
}

/** Returns the actor of a worker. It needs no permission, because it acts on no caller's request. */
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

/** Returns the actor of a refused caller, of which only the address is known. */
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

const nobody = { user_id: null, service_identity_id: null, session_id: null } as const;
const platform = { ...nobody, scopes: null, tenant_id: null, project_id: null } as const;

/** The person that a proved token describes. */
export interface Person {
  /** At most 255 characters, without a bar. */
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

/** A user of a tenant, as the registry keeps them. */
export interface KnownUser {
  readonly user_id: string;
  readonly tenant_id: string;
  /** `issuer|subject`, or `local:` and the id. */
  readonly external_subject: string;
  readonly display_name: string;
  /** Its own, and those of the groups that it is in. */
  readonly roles: readonly TenantRole[];
}

/** Returns the actor of a user that a session or a token proved. */
export function userActor(grants: Grants, user: KnownUser, session_id: string | null = null): Actor {
  const { user_id, tenant_id, external_subject: id, display_name: name, roles } = user;
  const permissions = grants.ofRoles(roles);
  // Tenants choose which claim is the subject, so users of two of them may have one. None spends the budget of the other.
  const person = { type: 'user', id, name, principal: `user:${user_id}`, scopes: null, project_id: null } as const;
  return { ...person, tenant_id, roles, permissions, user_id, service_identity_id: null, session_id };
}

/** A program of a tenant, as the registry keeps it. */
export interface KnownServiceIdentity {
  readonly service_identity_id: string;
  readonly tenant_id: string;
  readonly project_id: string | null;
  readonly display_name: string;
  /** Those of the groups that it is in. */
  readonly roles: readonly TenantRole[];
}

/**
 * Returns the actor of a program that its provider proved. One that is bound to a project holds no more than a key that is
 * bound to one could: roles reach further than that.
 */
export function serviceIdentityActor(grants: Grants, known: KnownServiceIdentity): Actor {
  const { service_identity_id, tenant_id, project_id, display_name: name, roles } = known;
  const held = grants.ofRoles(roles);
  const words = [...held].map((permission) => SCOPE_PREFIX + permission);
  return {
    type: 'service_identity',
    id: service_identity_id,
    name,
    principal: `service_identity:${service_identity_id}`,
    roles,
    permissions: project_id === null ? held : grants.ofScopes(words, true),
    scopes: null,
    tenant_id,
    project_id,
    user_id: null,
    service_identity_id,
    session_id: null,
  };
}

/**
 * A person with a role on the platform acts for the platform. Every other person acts inside the tenant that the token
 * names; without a tenant such a person may do nothing.
 */
export function personActor(grants: Grants, person: Person): Actor {
  const { issuer, subject, name, platform_roles, tenant_roles, tenant_id } = person;
  // The subject is unique within its issuer alone (OpenID Connect Core 1.0, section 5.7).
  const id = `${issuer}|${subject}`;
  const known = { ...nobody, type: 'user', id, name, principal: `user:${id}`, scopes: null, project_id: null } as const;
  if (platform_roles.length > 0)
    return { ...known, tenant_id: null, roles: platform_roles, permissions: grants.ofRoles(platform_roles) };
  return { ...known, tenant_id, roles: tenant_roles, permissions: grants.ofRoles(tenant_roles) };
}

/** The program that holds a verified key. */
export interface KeyHolder {
  readonly key_id: string;
  readonly name: string;
  readonly tenant_id: string;
  readonly project_id: string | null;
  readonly scopes: readonly string[];
  /** The user or the service identity that owns the key; null: the tenant does. */
  readonly owner: KeyOwner | null;
}

export interface KeyOwner {
  readonly user_id: string | null;
  readonly service_identity_id: string | null;
  /** The owner's own, and those of the groups that it is in. */
  readonly roles: readonly TenantRole[];
  /** The project that a service identity is bound to. */
  readonly project_id: string | null;
}

/**
 * A key acts inside its tenant, and inside its project when it is bound to one, as far as its scopes go; an owned key no
 * further than its owner. One whose owner is bound to a project acts there alone, and bound to another one nowhere.
 */
export function keyActor(grants: Grants, holder: KeyHolder): Actor {
  const { key_id, name, tenant_id, owner } = holder;
  const ownersProject = owner?.project_id ?? null;
  const project_id = holder.project_id ?? ownersProject;
  const isElsewhere = ownersProject !== null && ownersProject !== project_id;
  const scopes = isElsewhere ? [] : holder.scopes;
  const scoped = grants.ofScopes(scopes, project_id !== null);
  const owned = owner === null ? scoped : grants.ofRoles(owner.roles);
  const permissions = new Set([...scoped].filter((permission) => owned.has(permission)));
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
    user_id: owner?.user_id ?? null,
    service_identity_id: owner?.service_identity_id ?? null,
    session_id: null,
  };
}
