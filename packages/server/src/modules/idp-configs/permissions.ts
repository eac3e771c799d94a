/** The holders of the permissions on SSO configurations. */
import { definePermissions } from '../../kernel/permissions.ts';

export const idpConfigPermissions = definePermissions({
  'idp_configs:read': { roles: ['operator', 'support', 'admin'], keys: 'unbound' },
  'idp_configs:write': { roles: ['operator', 'admin'], keys: 'unbound' },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof idpConfigPermissions, true> {}
}
