/** Nodes: the machines of resources, from their enrolment to their end. */
import { quotas } from '@tenant-registry/db';
import { defineModule } from '../../kernel/module.ts';
import { nodeSettings } from './environment.ts';
import { nodeErrors } from './errors.ts';
import { nodesPermissions } from './permissions.ts';
import { nodesRouter } from './router.ts';
import { nodeEvents } from './schema.ts';

export const nodesModule = defineModule({
  router: nodesRouter,
  tag: { name: 'Nodes', description: 'The machines of resources, from their enrolment to their end.' },
  errors: nodeErrors,
  events: nodeEvents,
  permissions: nodesPermissions,
  settings: nodeSettings,
  holdings: { nodes: 'nodes' },
  provide(kernel, { quotaNodes }: { readonly quotaNodes: number }) {
    kernel.quotas.declare({ name: 'nodes', limit: quotaNodes, used: quotas.findNodesInUse });
    return {};
  },
});
