/** The holders of the permission on schemas of configurations, which are read with `configs:read`. */
import { definePermissions } from '../../kernel/permissions.ts';

export const configSchemaPermissions = definePermissions({
  'config_schemas:write': { roles: ['operator', 'admin'], keys: 'unbound' },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof configSchemaPermissions, true> {}
}
