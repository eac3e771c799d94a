/** The process: config → database → app → listen → wait for a signal → close. Exit codes: 0 ended by a signal, 1 failed, 2 the environment was wrong. */
import {
  type DatabaseHandle,
  type Db,
  embeddedDirectory,
  migrateUpPatiently,
  openDatabase,
  redactPasswords,
  requireAllRows,
  requireCurrentSchema,
  requireOwnSchema,
  requireTenantRole,
  type StatementObserver,
  unknownMigrations,
} from '@tenant-registry/db';
import closeWithGrace from 'close-with-grace';
import { createApp } from './app.ts';
import { welcome } from './banner.ts';
import { type Config, ConfigError, readConfig, unknownVariables } from './config.ts';
import { withDevTokens } from './dev-tokens.ts';
import { systemClock } from './kernel/clock.ts';
import { createLogger } from './kernel/logger.ts';
import { startTracing } from './kernel/tracing.ts';
import { requireAnchorFile } from './modules/audit/sealing/anchors.ts';
import { requireConfigStore } from './modules/configs/store/start.ts';
import { requireSealingKeys, withDevKeys } from './sealing-keys.ts';
import { seed } from './seed.ts';
import { databaseTimeouts } from './settings/database.ts';

async function main(): Promise<void> {
  const given = readConfig();
  const config = withDevKeys(withDevTokens(given));
  const logger = createLogger(config.logLevel);
  for (const sentence of unknownVariables()) logger.warn(sentence);
  await requireAnchorFile(config);
  const tracing = await startTracing(config.collector);
  const database = await open(config, (message) => logger.error(message), tracing?.statement);
  await requireSealingKeys(database.db, config);
  const app = await createApp({ config, database, clock: systemClock, logger, tracing });
  await requireConfigStore(app.deps);
  app.deps.metrics.observeProcess();
  if (database.engine === 'pglite') await seed(app.deps);
  const address = await app.server.listen({ host: config.host, port: config.port });
  const internalAddress = (await app.internalServer?.listen(config.internalAddress ?? {})) ?? null;
  app.startWorkers();
  const engine = await database.version();
  if (config.appEnv === 'dev') console.log(welcome({ given, config, address, internalAddress, engine }));
  logger.info({ address, ...(internalAddress && { internalAddress }), engine }, 'ready');
  closeWithGrace({ delay: config.shutdownTimeoutMs, logger }, async ({ signal, err }) => {
    if (err) logger.fatal({ err }, 'ending after an unforeseen error');
    else logger.info({ signal }, 'draining');
    await app.close();
    await database.close();
    await tracing?.close();
  });
}

async function open(config: Config, log: Log, observe?: StatementObserver): Promise<DatabaseHandle> {
  const { databaseUrl: url, databaseDirectUrl: directUrl, databaseConnectionsMax: connectionsMax } = config;
  if (url !== undefined && config.migrateOnStart) await migrateAlone(directUrl ?? url, config, log);
  const database = await openDatabase(
    url === undefined
      ? { pglite: { dataDir: embeddedDirectory(config.dataDir) } }
      : { url, directUrl, connectionsMax, log, ...databaseTimeouts(config) },
    observe,
  );
  if (url === undefined && config.migrateOnStart) await migrate(database, config, log);
  await requireSchema(database.db, config);
  await requireTenantRole(database.db);
  await requireAllRows(database.db);
  return database;
}

type Log = (message: string) => void;

/** With connections of its own: no statement is too slow here, nor is the wait for another replica that migrates. */
async function migrateAlone(url: string, config: Config, log: Log): Promise<void> {
  const database = await openDatabase({ url, statementTimeoutMs: 0, connectionsMax: 2, log });
  try {
    await migrate(database, config, log);
  } finally {
    await database.close();
  }
}

async function migrate({ db }: DatabaseHandle, { acceptsNewerSchema }: Config, log: Log): Promise<void> {
  if (acceptsNewerSchema && (await unknownMigrations(db)).length > 0) return;
  await migrateUpPatiently(db, undefined, { log });
}

async function requireSchema(db: Db, { acceptsNewerSchema }: Config): Promise<void> {
  if (acceptsNewerSchema) return requireCurrentSchema(db);
  await requireOwnSchema(db);
}

try {
  await main();
} catch (error) {
  console.error(
    `tenant-registry cannot start: ${redactPasswords(error instanceof Error ? error.message : String(error))}`,
  );
  process.exit(error instanceof ConfigError ? 2 : 1);
}
