/** The holders of the permissions on configurations. */
import { definePermissions } from '../../kernel/permissions.ts';

export const configPermissions = definePermissions({
  'configs:read': { roles: ['operator', 'support', 'admin'], keys: 'every', level: 'viewer' },
  'configs:write': { roles: ['operator', 'admin'], keys: 'every', level: 'editor' },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof configPermissions, true> {}
}
