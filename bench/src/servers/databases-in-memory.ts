/** The registry with its workers, whose databases are made in memory: the tier `small`. */
import { migrateUp, openDatabase } from '@tenant-registry/db';
import { createMemoryProvisioner } from '../../../packages/provisioner/src/memory.ts';
import { createApp } from '../../../packages/server/src/app.ts';
import { systemClock } from '../../../packages/server/src/kernel/clock.ts';
import { createLogger } from '../../../packages/server/src/kernel/logger.ts';
import type { DatabaseTier } from '../../../packages/server/src/modules/databases/schema.ts';
import { testConfig } from '../../../packages/server/src/testing.ts';
import { required } from './serve.ts';

const small: DatabaseTier = {
  name: 'small',
  description: '',
  provisioner: 'memory',
  spec: {
    instances: 1,
    cpu: '500m',
    memory: '1Gi',
    storage: '10Gi',
    image: null,
    parameters: {},
    connections: 20,
    pool: { mode: 'session', instances: 1 },
    backup_schedule: null,
    extensions: [],
  },
  overrides: {},
  namespaces: ['default'],
  max_per_tenant: 0,
  provision_timeout_s: 900,
  deletion_policy: 'destroy',
};

const database = await openDatabase({ url: required('DATABASE_URL') });
await migrateUp(database.db);
const app = await createApp({
  config: {
    ...testConfig,
    tokens: { operator: [required('OPERATOR_TOKEN')], internal: [required('INTERNAL_TOKEN')] },
    databases: {
      installation: 'bench',
      tiers: new Map([['small', small]]),
      provisioners: new Map([['memory', () => createMemoryProvisioner()]]),
    },
  },
  database,
  clock: systemClock,
  logger: createLogger('warn'),
});
await app.server.listen({ host: '127.0.0.1', port: Number(required('PORT')) });
app.startWorkers();
process.once('SIGTERM', () => process.exit(0));
