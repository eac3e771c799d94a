/** The closed vocabulary of what a caller may do. Every procedure names the one that it requires. */
export const permissions = [
  'tenants:read',
  'tenants:write',
  'api_keys:read',
  'api_keys:write',
  'api_keys:verify',
] as const;

export type Permission = (typeof permissions)[number];

/** Roles as data. An operator may do everything but act as a product; the internal token does nothing else. */
export const rolePermissions = {
  operator: permissions.filter((permission) => permission !== 'api_keys:verify'),
  internal: ['api_keys:verify'],
} as const satisfies Record<string, readonly Permission[]>;

export type Role = keyof typeof rolePermissions;
