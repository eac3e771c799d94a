/** The audit log: what happened, who did it and to what. */
import { defineModule } from '../../kernel/module.ts';
import { auditErrors } from './errors.ts';
import { auditPermissions } from './permissions.ts';
import { auditRouter } from './router.ts';

export const auditModule = defineModule({
  router: auditRouter,
  tag: {
    name: 'Audit',
    description: 'What happened, who did it and to what. Rows are added and read, never changed.',
  },
  errors: auditErrors,
  permissions: auditPermissions,
});
