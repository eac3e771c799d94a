/** The holders of the permissions on events. */
import { definePermissions } from '../../kernel/permissions.ts';

export const eventsPermissions = definePermissions({
  /** Every event of every tenant, for products. */
  'events:follow': { roles: ['internal'] },
  'events:read': { roles: ['operator', 'support', 'admin'], keys: 'every' },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof eventsPermissions, true> {}
}
