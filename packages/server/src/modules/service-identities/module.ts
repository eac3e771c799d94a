/** The programs of a tenant that are known by themselves: by tokens of a provider, by JWT-SVIDs, or by keys that they own. */
import { quotas } from '@tenant-registry/db';
import { defineModule } from '../../kernel/module.ts';
import { createBySubject } from './authority.ts';
import { serviceIdentityCredential } from './credential.ts';
import { serviceIdentitySettings } from './environment.ts';
import { serviceIdentityErrors } from './errors.ts';
import { serviceIdentitiesPermissions } from './permissions.ts';
import type { ServiceIdentitiesPort } from './port.ts';
import { serviceIdentitiesRouter } from './router.ts';
import { serviceIdentityEvents } from './schema.ts';

export const serviceIdentitiesModule = defineModule({
  router: serviceIdentitiesRouter,
  tag: { name: 'Service identities', description: 'The programs of a tenant that are known by themselves.' },
  errors: serviceIdentityErrors,
  events: serviceIdentityEvents,
  permissions: serviceIdentitiesPermissions,
  settings: serviceIdentitySettings,
  holdings: { service_identities: 'service_identities' },
  provide(kernel, { quotaServiceIdentities }: { readonly quotaServiceIdentities: number }) {
    const { quotas: declared } = kernel;
    declared.declare({
      name: 'service_identities',
      limit: quotaServiceIdentities,
      used: quotas.findServiceIdentitiesInUse,
    });
    const port: ServiceIdentitiesPort = { bySubject: createBySubject(kernel) };
    return { serviceIdentities: port };
  },
  credential: serviceIdentityCredential,
});
