/** Who belongs together in a tenant: people, programs and other groups. */
import { groups } from '@tenant-registry/db';
import { defineModule } from '../../kernel/module.ts';
import { groupSettings } from './environment.ts';
import { groupErrors } from './errors.ts';
import { groupsPermissions } from './permissions.ts';
import { groupsRouter } from './router.ts';
import { groupEvents } from './schema.ts';

export const groupsModule = defineModule({
  router: groupsRouter,
  tag: { name: 'Groups', description: 'Who belongs together in a tenant: people, programs and other groups.' },
  errors: groupErrors,
  events: groupEvents,
  permissions: groupsPermissions,
  settings: groupSettings,
  holdings: { groups: 'groups' },
  provide(kernel, { quotaGroups }: { readonly quotaGroups: number }) {
    kernel.quotas.declare({ name: 'groups', limit: quotaGroups, used: groups.findGroupsInUse });
    return {};
  },
});
