/** The composition root: puts the parts together, once. */
import { randomBytes } from 'node:crypto';
import { type DatabaseHandle, signingKeys } from '@tenant-registry/db';
import type { FastifyInstance } from 'fastify';
import type { Config } from './config.ts';
import { createAuthenticator } from './http/authenticate.ts';
import { createOidc } from './http/oidc.ts';
import { createServer } from './http/server.ts';
import { createAccess } from './kernel/access.ts';
import { createArgon2 } from './kernel/argon2.ts';
import type { Clock } from './kernel/clock.ts';
import type { Dependencies } from './kernel/context.ts';
import { collectConstraints } from './kernel/errors.ts';
import { idempotencyWorker } from './kernel/idempotency.worker.ts';
import { createLeases } from './kernel/leases.ts';
import type { createLogger } from './kernel/logger.ts';
import { createOutbound, type Outbound } from './kernel/outbound.ts';
import { createCursorCodec } from './kernel/pagination.ts';
import { createProofMemory } from './kernel/proof-memory.ts';
import { createRecency } from './kernel/recency.ts';
import { startWorkers, type Worker } from './kernel/worker.ts';
import { accessWorker } from './modules/access/access.worker.ts';
import { lastUsedWorker } from './modules/api-keys/last-used.worker.ts';
import { productTrialWorker } from './modules/entitlements/trial.worker.ts';
import { tenantArchiveWorker } from './modules/tenants/archive.worker.ts';
import { tenantTrialWorker } from './modules/tenants/trial.worker.ts';
import { errorSets } from './router.ts';

const PROOFS_MAX = 100_000;

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
    | 'catalog'
    | 'outboundAllow'
    | 'authorityLeaseMs'
  >;
  readonly database: DatabaseHandle;
  readonly clock: Clock;
  readonly logger: ReturnType<typeof createLogger>;
  /** Absent: fetches from public addresses only. */
  readonly outbound?: Outbound;
}

export interface App {
  /** What the public reaches; everything, unless there is an internal server. */
  readonly server: FastifyInstance;
  /** For products and gateways, when they have an address of their own. */
  readonly internalServer: FastifyInstance | null;
  readonly deps: Dependencies;
  readonly workers: readonly Worker[];
  /** Starts the work in the background, and leases; without it, `runOnce` can be called by hand. */
  startWorkers(): void;
  /** Answers what is under way, writes what is pending, and stops. The database stays open: whoever opened it closes it. */
  close(): Promise<void>;
}

/** Builds the product on a migrated database. */
export async function createApp({
  config,
  database,
  clock,
  logger,
  outbound = createOutbound(),
}: AppOptions): Promise<App> {
  const { db, forTenant } = database;
  const deps: Dependencies = {
    db,
    forTenant,
    clock,
    logger,
    constraints: collectConstraints(errorSets),
    cursors: createCursorCodec(await signingKeys.findOrInsertSigningKey(db, 'cursor', randomBytes(32))),
    catalog: config.catalog,
    argon2: createArgon2(config.argon2),
    proofs: createProofMemory(PROOFS_MAX),
    leases: createLeases({ database, leaseMs: config.authorityLeaseMs, clock, logger }),
    lastUsed: createRecency(),
    access: createAccess(clock),
    outbound,
  };
  const oidc = config.oidc === null ? null : createOidc(config.oidc, { clock, logger, allow: config.outboundAllow });
  const { limits, trustProxy, internalAddress } = config;
  const authenticator = createAuthenticator({ tokens: config.tokens, oidc, deps });
  const options = { deps, logger, database, authenticator, limits, trustProxy };
  const server = await createServer({ ...options, surface: internalAddress === null ? 'all' : 'public' });
  const internalServer = internalAddress === null ? null : await createServer({ ...options, surface: 'internal' });
  let running: ReturnType<typeof startWorkers> | undefined;
  return {
    server,
    internalServer,
    deps,
    workers,
    startWorkers() {
      running ??= startWorkers(workers, deps);
      void deps.leases.start();
    },
    async close() {
      await Promise.all([server.close(), internalServer?.close()]);
      await running?.stop();
      await deps.leases.stop();
      await Promise.all(pending.map((worker) => flush(worker, deps)));
    },
  };
}

/** Writes what the worker holds. Without a database nothing more can be done than to say so. */
async function flush(worker: Worker, deps: Dependencies): Promise<void> {
  try {
    await worker.runOnce(deps, AbortSignal.abort());
  } catch (err) {
    deps.logger.error({ err, worker: worker.name }, 'what was pending is lost');
  }
}
