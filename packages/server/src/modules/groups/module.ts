/** Who belongs together in a tenant: people, programs and other groups. */
import { defineModule } from '../../kernel/module.ts';
import { groupsPermissions } from './permissions.ts';
import { groupsRouter } from './router.ts';

export const groupsModule = defineModule({
  router: groupsRouter,
  tag: { name: 'Groups', description: 'Who belongs together in a tenant: people, programs and other groups.' },
  permissions: groupsPermissions,
});
