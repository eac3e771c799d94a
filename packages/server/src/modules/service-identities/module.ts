/** The programs of a tenant that are known by themselves. */
import { defineModule } from '../../kernel/module.ts';
import { serviceIdentitiesPermissions } from './permissions.ts';
import { serviceIdentitiesRouter } from './router.ts';

export const serviceIdentitiesModule = defineModule({
  router: serviceIdentitiesRouter,
  tag: { name: 'Service identities', description: 'The programs of a tenant that are known by themselves.' },
  permissions: serviceIdentitiesPermissions,
});
