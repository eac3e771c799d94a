/** The holders of the permissions on the catalog and its requests. */
import { definePermissions } from '../../kernel/permissions.ts';

export const catalogPermissions = definePermissions({
  'catalog:read': { roles: ['operator', 'support', 'sales', 'admin', 'billing', 'member'], keys: 'unbound' },
  'catalog:request': { roles: ['operator', 'sales', 'admin', 'billing'], keys: 'unbound' },
  'catalog:decide': { roles: ['operator'] },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof catalogPermissions, true> {}
}
