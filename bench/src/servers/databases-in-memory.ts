/** The registry with its workers, whose databases are made in memory: the tiers are those of tests. */
import { migrateUp, openDatabase } from '@tenant-registry/db';
import { createApp } from '../../../packages/server/src/app.ts';
import { systemClock } from '../../../packages/server/src/kernel/clock.ts';
import { createLogger } from '../../../packages/server/src/kernel/logger.ts';
import { testConfig } from '../../../packages/server/src/testing.ts';
import { required } from './serve.ts';

const database = await openDatabase({ url: required('DATABASE_URL') });
await migrateUp(database.db);
const app = await createApp({
  config: {
    ...testConfig,
    tokens: { operator: [required('OPERATOR_TOKEN')], internal: [required('INTERNAL_TOKEN')] },
  },
  database,
  clock: systemClock,
  logger: createLogger('warn'),
});
await app.server.listen({ host: '127.0.0.1', port: Number(required('PORT')) });
app.startWorkers();
process.once('SIGTERM', () => process.exit(0));
