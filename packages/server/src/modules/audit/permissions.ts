/** The holders of the permissions on the audit log. */
import { definePermissions } from '../../kernel/permissions.ts';

export const auditPermissions = definePermissions({
  'audit:read': { roles: ['operator', 'support', 'admin'], keys: 'every' },
  'audit:append': { roles: ['operator', 'internal', 'admin'], keys: 'every' },
  'audit:manage': { roles: ['operator'] },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof auditPermissions, true> {}
}
