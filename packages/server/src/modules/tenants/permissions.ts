/** The holders of the permissions on tenants. */
import { definePermissions } from '../../kernel/permissions.ts';

export const tenantPermissions = definePermissions({
  'tenants:read': { roles: ['operator', 'support', 'sales', 'admin', 'billing', 'member'], keys: 'unbound' },
  'tenants:write': { roles: ['operator', 'sales'] },
  'tenants:delete': { roles: ['operator'] },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof tenantPermissions, true> {}
}
