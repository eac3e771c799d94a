/** The people of a tenant. */
import { quotas } from '@tenant-registry/db';
import { defineModule } from '../../kernel/module.ts';
import { createBySubject } from './authority.ts';
import { userSettings } from './environment.ts';
import { userErrors } from './errors.ts';
import { createMintLink } from './password-link.ts';
import { usersPermissions } from './permissions.ts';
import type { UsersPort } from './port.ts';
import { usersRouter } from './router.ts';
import { userEvents } from './schema.ts';

interface UsersConfig {
  readonly quotaUsers: number;
  /** The origin of the registry's own pages; null: people do not sign in here. */
  readonly publicUrl: string | null;
}

export const usersModule = defineModule({
  router: usersRouter,
  tag: { name: 'Users', description: 'The people of a tenant.' },
  errors: userErrors,
  events: userEvents,
  permissions: usersPermissions,
  settings: userSettings,
  holdings: { users: 'users' },
  provide(kernel, { quotaUsers, publicUrl }: UsersConfig) {
    kernel.quotas.declare({ name: 'users', limit: quotaUsers, used: quotas.findUsersInUse });
    const port: UsersPort = { bySubject: createBySubject(kernel), mintLink: createMintLink(publicUrl) };
    return { users: port };
  },
});
