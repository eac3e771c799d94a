/** The holders of the permissions on API keys. An operator does not verify: products do. */
import { definePermissions } from '../../kernel/permissions.ts';

export const apiKeyPermissions = definePermissions({
  'api_keys:read': { roles: ['operator', 'support', 'admin'], keys: 'every', level: 'admin' },
  'api_keys:write': { roles: ['operator', 'admin'], keys: 'every', level: 'admin' },
  'api_keys:verify': { roles: ['internal'] },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof apiKeyPermissions, true> {}
}
