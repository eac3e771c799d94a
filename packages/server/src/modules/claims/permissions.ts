/** The holder of the permission to ask for the claims of a token. */
import { definePermissions } from '../../kernel/permissions.ts';

export const claimsPermissions = definePermissions({
  'claims:read': { roles: ['internal'] },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof claimsPermissions, true> {}
}
