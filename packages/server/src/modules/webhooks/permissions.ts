/** The holders of the permissions on webhooks. */
import { definePermissions } from '../../kernel/permissions.ts';

export const webhooksPermissions = definePermissions({
  'webhooks:read': { roles: ['operator', 'support', 'admin'], keys: 'unbound' },
  'webhooks:write': { roles: ['operator', 'admin'], keys: 'unbound' },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof webhooksPermissions, true> {}
}
