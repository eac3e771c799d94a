/** SSO configuration: the identity providers through which people of a tenant sign in. */
import { quotas } from '@tenant-registry/db';
import { createAllowance } from '../../kernel/allowance.ts';
import { createGate } from '../../kernel/gate.ts';
import { defineModule } from '../../kernel/module.ts';
import { createClientSecrets, type SecretSources } from './client-secrets.ts';
import { idpConfigSettings } from './environment.ts';
import { idpConfigErrors } from './errors.ts';
import { idpConfigPermissions } from './permissions.ts';
import type { IdpConfigsPort } from './port.ts';
import { idpConfigsRouter } from './router.ts';
import { createSamlReader } from './saml/reader.ts';
import { idpConfigEvents } from './schema.ts';

/** Verifications, and SAML metadata that are read: each costs a row of the audit log too. */
const TIMES_A_MINUTE = 30;
const MINUTE_MS = 60_000;
/** A question waits for a provider most of the time, and for 10 s at most. */
const PROVIDER_GATE = { places: 16, waitingMax: 64, tenantPlacesMax: 2, tenantWaitingMax: 4 };

export const idpConfigsModule = defineModule({
  router: idpConfigsRouter,
  tag: {
    name: 'SSO configuration',
    description: 'The identity providers through which people of a tenant sign in.',
  },
  errors: idpConfigErrors,
  events: idpConfigEvents,
  permissions: idpConfigPermissions,
  settings: idpConfigSettings,
  holdings: { idp_configs: 'tenant_idp_config' },
  provide(kernel, { quotaIdpConfigs, ...sources }: SecretSources & { readonly quotaIdpConfigs: number }) {
    const { clock, metrics } = kernel;
    kernel.quotas.declare({ name: 'idp_configs', limit: quotaIdpConfigs, used: quotas.findIdpConfigsInUse });
    const allowanceOf = (what: string) => {
      const detail = `A tenant has ${TIMES_A_MINUTE} ${what} a minute: wait as long as Retry-After says.`;
      return createAllowance({ max: TIMES_A_MINUTE, windowMs: MINUTE_MS, clock, detail });
    };
    const verifications = allowanceOf('verifications of its SSO configurations');
    const providerGate = createGate({ name: 'identity_providers', ...PROVIDER_GATE });
    const saml = createSamlReader(allowanceOf('changes of SAML metadata'));
    for (const gate of [providerGate, saml.gate]) metrics.observeGate(gate);
    const clientSecretOf = createClientSecrets(sources);
    const port: IdpConfigsPort = { verifications, providerGate, saml, clientSecretOf };
    return { idpConfigs: port };
  },
  close: ({ idpConfigs }) => idpConfigs.saml.close(),
});
