/** Projects: the parts of a tenant that products work in. */
import { quotas } from '@tenant-registry/db';
import { defineModule } from '../../kernel/module.ts';
import { projectSettings } from './environment.ts';
import { projectErrors } from './errors.ts';
import { projectPermissions } from './permissions.ts';
import { projectsRouter } from './router.ts';
import { projectEvents } from './schema.ts';

export const projectsModule = defineModule({
  router: projectsRouter,
  tag: { name: 'Projects', description: 'The parts of a tenant that products work in.' },
  errors: projectErrors,
  events: projectEvents,
  permissions: projectPermissions,
  settings: projectSettings,
  holdings: { projects: 'tenant_projects' },
  provide(kernel, { quotaProjects }: { readonly quotaProjects: number }) {
    kernel.quotas.declare({ name: 'projects', limit: quotaProjects, used: quotas.findProjectsInUse });
    return {};
  },
});
