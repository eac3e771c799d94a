/** The closed vocabulary of what a caller may do. Every procedure names the one that it requires. */
export const permissions = [
  'tenants:read',
  'tenants:write',
  'tenants:delete',
  'projects:read',
  'projects:write',
  'catalog:read',
  'catalog:request',
  'catalog:decide',
  'entitlements:read',
  'entitlements:write',
  'idp_configs:read',
  'idp_configs:write',
  'api_keys:read',
  'api_keys:write',
  'api_keys:verify',
  'claims:read',
  'audit:read',
  'audit:append',
] as const;

export type Permission = (typeof permissions)[number];

const ofProducts: readonly Permission[] = ['api_keys:verify', 'claims:read', 'audit:append'];

const reading = permissions.filter((permission) => permission.endsWith(':read') && !ofProducts.includes(permission));

const ofAdmins: readonly Permission[] = [
  ...reading,
  'projects:write',
  'catalog:request',
  'idp_configs:write',
  'api_keys:write',
];

/** The roles of people and programs that see all tenants. */
export const platformRoles = ['operator', 'support', 'sales'] as const;
/** The roles of people inside one tenant. */
export const tenantRoles = ['admin', 'billing', 'member'] as const;

export type PlatformRole = (typeof platformRoles)[number];
export type TenantRole = (typeof tenantRoles)[number];
export type Role = PlatformRole | TenantRole | 'internal';

/**
 * Roles as data. The internal token acts as a product and does nothing else; an operator does everything else, and
 * appends to the audit log too. What a role of a tenant holds, it holds inside its own tenant.
 */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  operator: permissions.filter((permission) => permission !== 'api_keys:verify' && permission !== 'claims:read'),
  support: reading,
  sales: [
    'tenants:read',
    'tenants:write',
    'projects:read',
    'catalog:read',
    'catalog:request',
    'entitlements:read',
    'entitlements:write',
  ],
  admin: ofAdmins,
  billing: ['tenants:read', 'catalog:read', 'catalog:request', 'entitlements:read'],
  member: ['tenants:read', 'projects:read', 'catalog:read', 'entitlements:read'],
  internal: ofProducts,
};

/** Returns what the roles hold together. */
export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => rolePermissions[role]));
}

/** In front of a permission, among the scopes of an API key: what is not so marked is a word of the products. */
export const SCOPE_PREFIX = 'registry:';

/** What a key can be allowed on the registry itself: no more than an admin of its tenant. */
export const keyPermissions: readonly Permission[] = ofAdmins;
/** The same for a key that is bound to a project: what projects have. */
const ofBoundKeys: readonly Permission[] = [
  'projects:read',
  'projects:write',
  'api_keys:read',
  'api_keys:write',
  'audit:read',
];

/** Returns what a key with these scopes may do on the registry: `registry:projects:read` gives `projects:read`. */
export function permissionsOfScopes(scopes: readonly string[], boundToProject: boolean): ReadonlySet<Permission> {
  const grantable = boundToProject ? ofBoundKeys : keyPermissions;
  return new Set(grantable.filter((permission) => scopes.includes(SCOPE_PREFIX + permission)));
}
