/** The holders of the permission on events. */
import { definePermissions } from '../../kernel/permissions.ts';

export const eventsPermissions = definePermissions({
  'events:read': { roles: ['operator', 'support', 'admin'], keys: 'every' },
});

declare module '../../kernel/permissions.ts' {
  interface PermissionWords extends Record<keyof typeof eventsPermissions, true> {}
}
