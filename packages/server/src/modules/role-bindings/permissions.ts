/** The holders of the permissions on role bindings. */
import { definePermissions } from '../../kernel/permissions.ts';

export const roleBindingsPermissions = definePermissions({
  'role_bindings:read': { roles: ['operator', 'support', 'admin'], keys: 'every', level: 'admin' },
  'role_bindings:write': { roles: ['operator', 'admin'], keys: 'every', level: 'admin' },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof roleBindingsPermissions, true> {}
}
