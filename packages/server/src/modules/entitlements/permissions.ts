/** The holders of the permissions on entitlements. */
import { definePermissions } from '../../kernel/permissions.ts';

export const entitlementPermissions = definePermissions({
  'entitlements:read': { roles: ['operator', 'support', 'sales', 'admin', 'billing', 'member'], keys: 'unbound' },
  'entitlements:write': { roles: ['operator', 'sales'] },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof entitlementPermissions, true> {}
}
