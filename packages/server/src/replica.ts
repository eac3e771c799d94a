/** One replica: database → app → listen, and how that ends. */
import {
  type DatabaseHandle,
  type Db,
  embeddedDirectory,
  migrateUpPatiently,
  openDatabase,
  requireAllRows,
  requireCurrentSchema,
  requireOwnSchema,
  requireTenantRole,
  type StatementObserver,
  unknownMigrations,
} from '@tenant-registry/db';
import { type App, createApp } from './app.ts';
import type { Config } from './config.ts';
import { systemClock } from './kernel/clock.ts';
import type { createLogger } from './kernel/logger.ts';
import type { ProcessGroup } from './kernel/process-group.ts';
import { startTracing } from './kernel/tracing.ts';
import { requireConfigStore } from './modules/configs/store/start.ts';
import { requireSealingKeys } from './sealing-keys.ts';
import { seed } from './seed.ts';
import { databaseTimeouts } from './settings/database.ts';

type Log = (message: string) => void;

/** Where a replica is reached, and what it runs on. */
export interface Listening {
  readonly address: string;
  /** Null: everything is served on one address. */
  readonly internalAddress: string | null;
  readonly engine: string;
}

export interface Replica extends Listening {
  readonly app: App;
  /** Answers what is under way, writes what is pending, and closes the database. */
  close(): Promise<void>;
}

export interface ReplicaOptions {
  readonly config: Config;
  readonly logger: ReturnType<typeof createLogger>;
  /** Absent: the process is alone, migrates and makes the first tenant where it is to, and does all the work. */
  readonly group?: ProcessGroup;
}

/** Starts one; resolves when it listens. In a group it does only the work of each process until it is told to lead. */
export async function startReplica({ config, logger, group }: ReplicaOptions): Promise<Replica> {
  const tracing = await startTracing(config.collector);
  const log: Log = (message) => logger.error(message);
  const database = await open(config, { log, migrates: group === undefined, observe: tracing?.statement });
  await requireSealingKeys(database.db, config);
  const app = await createApp({ config, database, clock: systemClock, logger, tracing, group });
  await requireConfigStore(app.deps);
  app.deps.metrics.observeProcess();
  if (database.engine === 'pglite') await seed(app.deps);
  const address = await app.server.listen({ host: config.host, port: config.port });
  const internalAddress = (await app.internalServer?.listen(config.internalAddress ?? {})) ?? null;
  if (group === undefined) app.startWorkers();
  else app.startOwnWorkers();
  return {
    app,
    address,
    internalAddress,
    engine: await database.version(),
    async close() {
      await app.close();
      await database.close();
      await tracing?.close();
    },
  };
}

interface Opening {
  readonly log: Log;
  /** Whether pending migrations are applied, where the environment says so. */
  readonly migrates: boolean;
  readonly observe: StatementObserver | undefined;
}

async function open(config: Config, { log, migrates, observe }: Opening): Promise<DatabaseHandle> {
  const { databaseUrl: url, databaseDirectUrl: directUrl, databaseConnectionsMax: connectionsMax } = config;
  if (migrates) await migrateAlone(config, log);
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

/**
 * Applies pending migrations to a PostgreSQL where the environment says so. With connections of its own: no statement is too
 * slow here, nor is the wait for another replica that migrates.
 */
export async function migrateAlone(config: Config, log: Log): Promise<void> {
  const { databaseUrl, databaseDirectUrl: url = databaseUrl } = config;
  if (url === undefined || !config.migrateOnStart) return;
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
