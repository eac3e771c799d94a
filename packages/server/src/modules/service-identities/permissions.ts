/** The holders of the permissions on service identities. */
import { definePermissions } from '../../kernel/permissions.ts';

export const serviceIdentitiesPermissions = definePermissions({
  'service_identities:read': { roles: ['operator', 'support', 'admin'], keys: 'every', level: 'viewer' },
  'service_identities:write': { roles: ['operator', 'admin'], keys: 'every', level: 'admin' },
  'service_identities:delete': { roles: ['operator'] },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof serviceIdentitiesPermissions, true> {}
}
