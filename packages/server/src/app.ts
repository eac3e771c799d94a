/** The composition root: puts the parts together, once. */
import { randomBytes } from 'node:crypto';
import { apiKeys, type DatabaseHandle, signingKeys } from '@tenant-registry/db';
import type { FastifyInstance } from 'fastify';
import { accessTokenCredential } from './authentication/access-token.ts';
import { createAuthenticator } from './authentication/authenticate.ts';
import { createOidc } from './authentication/oidc.ts';
import type { Config } from './config.ts';
import { createServer } from './http/server.ts';
import { createBackgroundQueue } from './kernel/async/background-queue.ts';
import { createAccessLog } from './kernel/buffered/access-log.ts';
import { createLastSeen } from './kernel/buffered/last-seen.ts';
import { createChangeFeed } from './kernel/change-feed.ts';
import type { Clock } from './kernel/clock.ts';
import type { Dependencies } from './kernel/context.ts';
import { createCursorCodec } from './kernel/cursors.ts';
import { collectConstraints } from './kernel/errors.ts';
import { idempotencyWorker } from './kernel/idempotency/expiry.worker.ts';
import { createLeases, type Leases } from './kernel/leases.ts';
import type { createLogger } from './kernel/logger.ts';
import { createMetrics, type Metrics } from './kernel/metrics.ts';
import { createOutbound, type Outbound } from './kernel/outbound.ts';
import { type Argon2, type Argon2Tags, createArgon2 } from './kernel/secrets/argon2.ts';
import { createPeppers } from './kernel/secrets/pepper.ts';
import { startWorkers, type Worker } from './kernel/worker.ts';
import { accessWorker } from './modules/access/access.worker.ts';
import { createKeyAuthority } from './modules/api-keys/authority.ts';
import { apiKeyCredential } from './modules/api-keys/credential.ts';
import { lastUsedWorker } from './modules/api-keys/last-used.worker.ts';
import { productTrialWorker } from './modules/entitlements/trial.worker.ts';
import { tenantArchiveWorker } from './modules/tenants/archive.worker.ts';
import { tenantTrialWorker } from './modules/tenants/trial.worker.ts';
import { errorSets } from './router.ts';

const workers: readonly Worker[] = [
  lastUsedWorker,
  idempotencyWorker,
  tenantTrialWorker,
  tenantArchiveWorker,
  productTrialWorker,
  accessWorker,
];

/** They hold what is not written yet. */
const pending: readonly Worker[] = [lastUsedWorker, accessWorker];

export interface AppOptions {
  readonly config: Pick<
    Config,
    | 'tokens'
    | 'oidc'
    | 'limits'
    | 'internalAddress'
    | 'trustProxy'
    | 'argon2'
    | 'apiKeyPeppers'
    | 'catalog'
    | 'outboundAllow'
    | 'authorityLeaseMs'
  >;
  readonly database: DatabaseHandle;
  readonly clock: Clock;
  readonly logger: ReturnType<typeof createLogger>;
  /** Absent: fetches from public addresses only. */
  readonly outbound?: Outbound;
  /** Absent: its own, which are held from `startWorkers` on. */
  readonly leases?: Leases;
  /** Absent: the parameters in use. */
  readonly argon2Tags?: Argon2Tags;
}

export interface App {
  /** What the public reaches; everything, unless there is an internal server. */
  readonly server: FastifyInstance;
  /** For products and gateways, when they have an address of their own. */
  readonly internalServer: FastifyInstance | null;
  readonly deps: Dependencies;
  readonly workers: readonly Worker[];
  /** Resolves when the work that no answer waits for is done. */
  idle(): Promise<void>;
  /** Starts the work in the background, and leases; without it, `runOnce` can be called by hand. */
  startWorkers(): void;
  /** Answers what is under way, writes what is pending, and stops. The database stays open: whoever opened it closes it. */
  close(): Promise<void>;
}

/** Builds the product on a migrated database. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, clock, logger, database } = options;
  const { deps, background } = await compose(options);
  const oidc = config.oidc === null ? null : createOidc(config.oidc, { clock, logger, allow: config.outboundAllow });
  const { limits, trustProxy, internalAddress } = config;
  const readers = [apiKeyCredential(deps), accessTokenCredential(oidc)];
  const authenticator = createAuthenticator({ tokens: config.tokens, readers });
  const serving = { deps, logger, database, authenticator, limits, trustProxy };
  const server = await createServer({ ...serving, surface: internalAddress === null ? 'all' : 'public' });
  const internalServer = internalAddress === null ? null : await createServer({ ...serving, surface: 'internal' });
  let running: ReturnType<typeof startWorkers> | undefined;
  return {
    server,
    internalServer,
    deps,
    workers,
    idle: () => background.idle(),
    startWorkers() {
      running ??= startWorkers(workers, deps);
      void deps.leases.start();
    },
    async close() {
      deps.changeFeed.close();
      await Promise.all([server.close(), internalServer?.close()]);
      await running?.stop();
      await background.stop();
      await deps.leases.stop();
      await Promise.all(pending.map((worker) => flush(worker, deps)));
    },
  };
}

/** Makes what the product runs on. */
async function compose({ config, database, clock, logger, ...given }: AppOptions) {
  const { db, forTenant } = database;
  const metrics = createMetrics();
  const leases =
    given.leases ??
    createLeases({ database, leaseMs: config.authorityLeaseMs, clock, logger, observer: metrics.leases });
  const argon2 = createArgon2(config.argon2, {
    ...(given.argon2Tags === undefined ? {} : { tags: given.argon2Tags }),
    took: (operation, seconds) => metrics.argon2Seconds.observe({ operation }, seconds),
  });
  addGauges(metrics, { argon2, database, leases });
  const peppers = createPeppers(config.apiKeyPeppers);
  const background = createBackgroundQueue(logger);
  const find = apiKeys.prepareFindApiKeyCandidates(database);
  const deps: Dependencies = {
    db,
    forTenant,
    clock,
    logger,
    constraints: collectConstraints(errorSets),
    cursors: createCursorCodec(await signingKeys.findOrInsertSigningKey(db, 'cursor', randomBytes(32))),
    catalog: config.catalog,
    argon2,
    peppers,
    leases,
    authorityOf: createKeyAuthority({ db, find, leases, argon2, peppers, background, clock, metrics }),
    metrics,
    lastUsed: createLastSeen(),
    accessLog: createAccessLog(clock),
    outbound: given.outbound ?? createOutbound(),
    changeFeed: createChangeFeed({ source: leases, settleMs: config.authorityLeaseMs }),
  };
  return { deps, background };
}

/** Writes what the worker holds. Without a database nothing more can be done than to say so. */
async function flush(worker: Worker, deps: Dependencies): Promise<void> {
  try {
    await worker.runOnce(deps, AbortSignal.abort());
  } catch (err) {
    deps.logger.error({ err, worker: worker.name }, 'what was pending is lost');
  }
}

interface Observed {
  readonly argon2: Argon2;
  readonly database: DatabaseHandle;
  readonly leases: Leases;
}

/** What is not counted but looked at. */
function addGauges(metrics: Metrics, { argon2, database, leases }: Observed): void {
  metrics.gauge('argon2_running', 'argon2id computations under way.', () => argon2.load().running);
  metrics.gauge('argon2_waiting', 'Callers that wait for an argon2id computation.', () => argon2.load().waiting);
  metrics.gauge('database_connections', 'Open connections of the pool.', () => database.connections().total);
  metrics.gauge('database_connections_idle', 'Those that nobody uses.', () => database.connections().idle);
  metrics.gauge('database_connections_waiting', 'Callers that wait for one.', () => database.connections().waiting);
  metrics.gauge('lease_held', '1 while memory may be answered from.', () => Number(leases.held()));
}
