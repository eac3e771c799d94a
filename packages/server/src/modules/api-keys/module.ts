/** API keys: what programs of a tenant present to products, and to the registry itself. */
import { apiKeys, quotas } from '@tenant-registry/db';
import { createLastSeen } from '../../kernel/buffered/last-seen.ts';
import { defineModule } from '../../kernel/module.ts';
import { createPeppers } from '../../kernel/secrets/pepper.ts';
import { createKeyAuthority } from './authority.ts';
import { apiKeyCredential } from './credential.ts';
import { apiKeySettings } from './environment.ts';
import { apiKeyErrors } from './errors.ts';
import { createHolderById } from './holder.ts';
import { lastUsedWorker } from './last-used.worker.ts';
import { createKeyMetrics } from './metrics.ts';
import { apiKeyPermissions } from './permissions.ts';
import type { ApiKeysPort } from './port.ts';
import { apiKeysRouter } from './router.ts';
import { apiKeyEvents } from './schema.ts';

interface ApiKeyConfig {
  readonly apiKeyPeppers: readonly string[];
  readonly quotaApiKeys: number;
}

export const apiKeysModule = defineModule({
  router: apiKeysRouter,
  tag: { name: 'API keys', description: 'Keys that programs of a tenant present to products.' },
  errors: apiKeyErrors,
  events: apiKeyEvents,
  permissions: apiKeyPermissions,
  workers: [lastUsedWorker],
  settings: apiKeySettings,
  holdings: { api_keys: 'api_keys' },
  provide(kernel, { apiKeyPeppers, quotaApiKeys }: ApiKeyConfig) {
    kernel.quotas.declare({ name: 'api_keys', limit: quotaApiKeys, used: quotas.findApiKeysInUse });
    const peppers = createPeppers(apiKeyPeppers);
    const metrics = createKeyMetrics(kernel.metrics);
    const find = apiKeys.prepareFindApiKeyCandidates(kernel.database);
    const authorityOf = createKeyAuthority({ ...kernel, find, peppers, metrics });
    const holderById = createHolderById({ ...kernel, find });
    const port: ApiKeysPort = { authorityOf, holderById, peppers, metrics, lastUsed: createLastSeen() };
    return { apiKeys: port };
  },
  credential: apiKeyCredential,
  credentialErrors: [apiKeyErrors.tooManyAttempts],
});
