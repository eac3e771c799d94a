/** The holders of the permissions on groups. */
import { definePermissions } from '../../kernel/permissions.ts';

export const groupsPermissions = definePermissions({
  'groups:read': { roles: ['operator', 'support', 'admin'], keys: 'unbound' },
  'groups:write': { roles: ['operator', 'admin'], keys: 'unbound' },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof groupsPermissions, true> {}
}
