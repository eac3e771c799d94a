/** The composition root: puts the parts together, once. */
import { randomBytes } from 'node:crypto';
import { type DatabaseHandle, signingKeys } from '@tenant-registry/db';
import type { FastifyInstance } from 'fastify';
import type { Config } from './config.ts';
import { createAuthenticate } from './http/authenticate.ts';
import { createServer } from './http/server.ts';
import { createArgon2 } from './kernel/argon2.ts';
import type { Clock } from './kernel/clock.ts';
import type { Dependencies } from './kernel/context.ts';
import { collectConstraints } from './kernel/errors.ts';
import { idempotencyWorker } from './kernel/idempotency.worker.ts';
import type { createLogger } from './kernel/logger.ts';
import { createOutbound, type Outbound } from './kernel/outbound.ts';
import { createCursorCodec } from './kernel/pagination.ts';
import { createProofMemory } from './kernel/proof-memory.ts';
import { createRecency } from './kernel/recency.ts';
import { startWorkers, type Worker } from './kernel/worker.ts';
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
];

export interface AppOptions {
  readonly config: Pick<Config, 'tokens' | 'trustProxy' | 'argon2' | 'catalog'>;
  readonly database: DatabaseHandle;
  readonly clock: Clock;
  readonly logger: ReturnType<typeof createLogger>;
  /** Absent: fetches from public addresses only. */
  readonly outbound?: Outbound;
}

export interface App {
  readonly server: FastifyInstance;
  readonly deps: Dependencies;
  readonly workers: readonly Worker[];
  /** Starts the work in the background; without it, `runOnce` can be called by hand. */
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
  const { db } = database;
  const deps: Dependencies = {
    db,
    clock,
    logger,
    constraints: collectConstraints(errorSets),
    cursors: createCursorCodec(await signingKeys.findOrInsertSigningKey(db, 'cursor', randomBytes(32))),
    catalog: config.catalog,
    argon2: createArgon2(config.argon2),
    proofs: createProofMemory(PROOFS_MAX),
    lastUsed: createRecency(),
    outbound,
  };
  const authenticate = createAuthenticate(config.tokens);
  const server = await createServer({ deps, logger, database, authenticate, trustProxy: config.trustProxy });
  let running: ReturnType<typeof startWorkers> | undefined;
  return {
    server,
    deps,
    workers,
    startWorkers() {
      running ??= startWorkers(workers, deps);
    },
    async close() {
      await server.close();
      await running?.stop();
      await lastUsedWorker.runOnce(deps, AbortSignal.abort());
    },
  };
}
