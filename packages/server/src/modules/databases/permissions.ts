/** The holders of the permissions on managed databases. */
import { definePermissions } from '../../kernel/permissions.ts';

export const databasesPermissions = definePermissions({
  'databases:read': { roles: ['operator', 'support', 'admin', 'member'], keys: 'every', level: 'viewer' },
  'databases:write': { roles: ['operator', 'admin'], keys: 'every', level: 'admin' },
  'databases:delete': { roles: ['operator', 'admin'] },
  'databases:survey': { roles: ['operator', 'support'] },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof databasesPermissions, true> {}
}
