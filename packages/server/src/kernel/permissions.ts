/** The closed vocabulary of what a caller may do. Every procedure names the one that it requires. */
export const permissions = [
  'tenants:read',
  'tenants:write',
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

const ofProducts = ['api_keys:verify', 'claims:read', 'audit:append'] as const satisfies readonly Permission[];

/** Roles as data. The internal token acts as a product and does nothing else; an operator does everything else, and appends to the audit log too. */
export const rolePermissions = {
  operator: permissions.filter((permission) => permission !== 'api_keys:verify' && permission !== 'claims:read'),
  internal: ofProducts,
} as const satisfies Record<string, readonly Permission[]>;

export type Role = keyof typeof rolePermissions;
