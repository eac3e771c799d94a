/** The holders of the permissions on projects. */
import { definePermissions } from '../../kernel/permissions.ts';

export const projectPermissions = definePermissions({
  'projects:read': { roles: ['operator', 'support', 'sales', 'admin', 'member'], keys: 'every', level: 'viewer' },
  'projects:write': { roles: ['operator', 'admin'], keys: 'every', level: 'admin' },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof projectPermissions, true> {}
}
