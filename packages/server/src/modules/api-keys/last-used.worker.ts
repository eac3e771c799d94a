/** Writes down when keys were last used. */
import { apiKeys } from '@tenant-registry/db';
import { lastSeenWorkerOf } from '../../kernel/buffered/last-seen.worker.ts';

export const lastUsedWorker = lastSeenWorkerOf({
  name: 'api-keys-last-used',
  lastSeen: (deps) => deps.apiKeys.lastUsed,
  write: ({ db }, batch) => apiKeys.touchApiKeys(db, batch),
});
