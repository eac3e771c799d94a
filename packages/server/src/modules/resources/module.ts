/** Resources: what runs the machines of a project. */
import { quotas } from '@tenant-registry/db';
import { defineModule } from '../../kernel/module.ts';
import { resourceSettings } from './environment.ts';
import { resourceErrors } from './errors.ts';
import { resourcesRouter } from './router.ts';
import { resourceEvents } from './schema.ts';

export const resourcesModule = defineModule({
  router: resourcesRouter,
  tag: { name: 'Resources', description: 'What runs the machines of a project: a server, a cluster, a site.' },
  errors: resourceErrors,
  events: resourceEvents,
  settings: resourceSettings,
  holdings: { resources: 'resources' },
  provide(kernel, { quotaResources }: { readonly quotaResources: number }) {
    kernel.quotas.declare({ name: 'resources', limit: quotaResources, used: quotas.findResourcesInUse });
    return {};
  },
});
