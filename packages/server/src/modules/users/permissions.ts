/** The holders of the permissions on users. */
import { definePermissions } from '../../kernel/permissions.ts';

export const usersPermissions = definePermissions({
  'users:read': { roles: ['operator', 'support', 'admin'], keys: 'unbound' },
  'users:write': { roles: ['operator', 'admin'], keys: 'unbound' },
  'users:delete': { roles: ['operator'] },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof usersPermissions, true> {}
}
