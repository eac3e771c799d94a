/** Nodes: the machines of resources, from their enrolment to their end. */
import { defineModule } from '../../kernel/module.ts';
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
  holdings: { nodes: 'nodes' },
});
