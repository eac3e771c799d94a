/** The holders of the permissions on networks. */
import { definePermissions } from '../../kernel/permissions.ts';

export const networkPermissions = definePermissions({
  'network:read': { roles: ['operator', 'support', 'admin', 'member'], keys: 'every', level: 'viewer' },
  'network:write': { roles: ['operator', 'admin'], keys: 'unbound' },
  'network:assign': { roles: ['operator'] },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof networkPermissions, true> {}
}
