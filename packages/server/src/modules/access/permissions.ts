/** The holders of the permission to ask what others may do. Every caller may ask for itself. */
import { definePermissions } from '../../kernel/permissions.ts';

export const accessPermissions = definePermissions({
  'access:check': { roles: ['operator', 'support', 'admin', 'internal'], keys: 'every', level: 'admin' },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof accessPermissions, true> {}
}
