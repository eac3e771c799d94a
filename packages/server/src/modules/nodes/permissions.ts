/** The holders of the permissions on nodes, and on the resources that they are machines of. */
import { definePermissions } from '../../kernel/permissions.ts';

export const nodesPermissions = definePermissions({
  'nodes:read': { roles: ['operator', 'support', 'admin', 'member'], keys: 'every', level: 'viewer' },
  'nodes:write': { roles: ['operator', 'admin'], keys: 'every', level: 'admin' },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof nodesPermissions, true> {}
}
