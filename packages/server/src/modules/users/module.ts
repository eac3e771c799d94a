/** The people of a tenant. */
import { defineModule } from '../../kernel/module.ts';
import { createBySubject } from './authority.ts';
import { usersPermissions } from './permissions.ts';
import type { UsersPort } from './port.ts';
import { usersRouter } from './router.ts';

export const usersModule = defineModule({
  router: usersRouter,
  tag: { name: 'Users', description: 'The people of a tenant.' },
  permissions: usersPermissions,
  provide(kernel) {
    const port: UsersPort = { bySubject: createBySubject(kernel) };
    return { users: port };
  },
});
