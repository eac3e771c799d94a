/** QUOTA_IDP_CONFIGS, and where the client secrets of tenants are kept. */
import { z } from 'zod';
import { defineSettings, variable, whole } from '../../kernel/settings.ts';
import { isSecretVariable } from './secret-ref.ts';

export const idpConfigSettings = defineSettings({
  variables: {
    QUOTA_IDP_CONFIGS: variable(whole(0, 1_000_000, 100), {
      about: 'SSO configurations in use (not deactivated) that one tenant may have. 0: no limit.',
      shown: 100,
    }),
    SECRETS_DIR: variable(z.string().optional(), {
      about:
        'Where the client secrets of SSO configurations are: a folder with one folder for each tenant, by its id. A configuration names a file in its tenant’s folder as file:NAME. A secret can also be a variable, IDP_SECRET_, the tenant’s id with _ for -, and _NAME, which a configuration names as env:…. Nothing else is read for a tenant.',
    }),
  },
  read: (data, given) => ({
    quotaIdpConfigs: data.QUOTA_IDP_CONFIGS,
    secretsDir: data.SECRETS_DIR ?? null,
    idpSecrets: secretsIn(given),
  }),
});

function secretsIn(given: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(given).flatMap(([name, value = '']) => (isSecretVariable(name) ? [[name, value] as const] : [])),
  );
}
