/** What users, service identities and groups may do in a project. */
import { defineModule } from '../../kernel/module.ts';
import { roleBindingErrors } from './errors.ts';
import { createProjectLevels } from './levels.ts';
import { roleBindingsPermissions } from './permissions.ts';
import { roleBindingsRouter } from './router.ts';
import { roleBindingEvents } from './schema.ts';

export const roleBindingsModule = defineModule({
  router: roleBindingsRouter,
  tag: { name: 'Role bindings', description: 'What users, service identities and groups may do in a project.' },
  errors: roleBindingErrors,
  events: roleBindingEvents,
  permissions: roleBindingsPermissions,
  provide: (kernel) => ({ projectLevels: createProjectLevels(kernel) }),
});
