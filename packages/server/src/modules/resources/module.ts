/** Resources: what runs the machines of a project. */
import { defineModule } from '../../kernel/module.ts';
import { resourceErrors } from './errors.ts';
import { resourcesRouter } from './router.ts';
import { resourceEvents } from './schema.ts';

export const resourcesModule = defineModule({
  router: resourcesRouter,
  tag: { name: 'Resources', description: 'What runs the machines of a project: a server, a cluster, a site.' },
  errors: resourceErrors,
  events: resourceEvents,
  holdings: { resources: 'resources' },
});
