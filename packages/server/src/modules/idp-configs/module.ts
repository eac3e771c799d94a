/** SSO configuration: the identity providers through which people of a tenant sign in. */
import { defineModule } from '../../kernel/module.ts';
import { idpConfigErrors } from './errors.ts';
import { idpConfigPermissions } from './permissions.ts';
import type { IdpConfigsPort } from './port.ts';
import { idpConfigsRouter } from './router.ts';
import { createSamlReader } from './saml/reader.ts';
import { idpConfigEvents } from './schema.ts';

export const idpConfigsModule = defineModule({
  router: idpConfigsRouter,
  tag: {
    name: 'SSO configuration',
    description: 'The identity providers through which people of a tenant sign in.',
  },
  errors: idpConfigErrors,
  events: idpConfigEvents,
  permissions: idpConfigPermissions,
  holdings: { idp_configs: 'tenant_idp_config' },
  provide({ metrics }) {
    const saml = createSamlReader();
    metrics.observeGate(saml.gate);
    const port: IdpConfigsPort = { saml };
    return { idpConfigs: port };
  },
  close: ({ idpConfigs }) => idpConfigs.saml.close(),
});
