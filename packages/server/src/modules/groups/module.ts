/** Who belongs together in a tenant: people, programs and other groups. */
import { groupEdges, groups } from '@tenant-registry/db';
import { defineModule } from '../../kernel/module.ts';
import { EDGES_QUOTA } from './edges.ts';
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
  provide(kernel, { quotaGroups, quotaGroupEdges }: Record<'quotaGroups' | 'quotaGroupEdges', number>) {
    kernel.quotas.declare({ name: 'groups', limit: quotaGroups, used: groups.findGroupsInUse });
    kernel.quotas.declare({ name: EDGES_QUOTA, limit: quotaGroupEdges, used: groupEdges.findGroupEdgesInUse });
    return {};
  },
});
