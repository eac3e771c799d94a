/** The composition root: puts the parts together, once. */
import { randomBytes } from 'node:crypto';
import { configTail, type DatabaseHandle, databaseClock, eventLog, signingKeys } from '@tenant-registry/db';
import type { FastifyInstance } from 'fastify';
import { accessTokenCredential } from './authentication/access-token.ts';
import { type Authenticator, createAuthenticator } from './authentication/authenticate.ts';
import { createOidc } from './authentication/oidc.ts';
import type { Config } from './config.ts';
import { serverFactory } from './http/server.ts';
import { createBackgroundQueue } from './kernel/async/background-queue.ts';
import { createBudgets } from './kernel/budgets.ts';
import { createAccessLog } from './kernel/buffered/access-log.ts';
import type { Clock } from './kernel/clock.ts';
import type { Dependencies, KernelDependencies } from './kernel/context.ts';
import { createCursorCodec, largePagesGate } from './kernel/cursors.ts';
import { collectConstraints } from './kernel/errors/constraints.ts';
import { createGate, type Gate } from './kernel/gate.ts';
import { createLeases, type Leases } from './kernel/leases.ts';
import type { createLogger } from './kernel/logger.ts';
import { createMetrics } from './kernel/metrics.ts';
import type { ModuleDefinition } from './kernel/module.ts';
import { createOutbound, type Outbound } from './kernel/outbound.ts';
import type { ProcessGroup } from './kernel/process-group.ts';
import { createQuotas } from './kernel/quotas.ts';
import { createRegistryClock } from './kernel/registry-clock.ts';
import { createSealed } from './kernel/sealed.ts';
import { type Argon2Tags, createArgon2 } from './kernel/secrets/argon2.ts';
import { createSharedCounts } from './kernel/shared-counts.ts';
import { createSignals } from './kernel/signals.ts';
import type { Tracing } from './kernel/tracing.ts';
import { startWorkers, type Worker } from './kernel/worker.ts';
import { errorSets, eventTypes, grants, holdings, modules, providePorts, workers } from './modules.ts';
import { version } from './version.ts';

export interface AppOptions {
  readonly config: Config;
  readonly database: DatabaseHandle;
  /** The clock of the process. The registry's time is the database's, as far from this clock as it is measured to be. */
  readonly clock: Clock;
  /** Absent: asks the database. Tests that move the time answer with their clock. */
  readonly databaseTime?: () => Promise<Date>;
  readonly logger: ReturnType<typeof createLogger>;
  /** Absent: fetches from public addresses, and what OUTBOUND_ALLOW names. */
  readonly outbound?: Outbound;
  /** Absent: its own, which are held from `startWorkers` on. */
  readonly leases?: Leases;
  /** Absent: nothing is traced. Its maker closes it, after the app. */
  readonly tracing?: Tracing | undefined;
  /** Absent: the process is alone. */
  readonly group?: ProcessGroup | undefined;
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
  /** Starts leases and the work that is about this process: what one process of a group does for all begins with `lead`. */
  startOwnWorkers(): void;
  /** Starts what one process of a group does for all of them. */
  lead(): void;
  /** Begins no more of what one process does for all of them. */
  follow(): void;
  /** Answers what is under way, writes what is pending, and stops. The database stays open: its opener closes it. */
  close(): Promise<void>;
}

const declared: readonly ModuleDefinition[] = Object.values(modules);

/** Builds the product on a migrated database. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, logger, database } = options;
  const deps = await compose(options);
  const { internalAddress } = config;
  const authenticator = authenticatorOf(options, deps);
  const newServer = serverFactory({ deps, logger, database, authenticator, config, tracing: options.tracing });
  const server = await newServer(internalAddress === null ? 'all' : 'public');
  const internalServer = internalAddress === null ? null : await newServer('internal');
  const own = runnerOf((worker) => worker.ofEachProcess === true, deps);
  const shared = runnerOf((worker) => worker.ofEachProcess !== true, deps);
  const startOwnWorkers = () => {
    own.start();
    void deps.leases.start();
  };
  return {
    server,
    internalServer,
    deps,
    workers,
    idle: () => deps.backgroundQueue.idle(),
    startWorkers() {
      shared.start();
      startOwnWorkers();
    },
    startOwnWorkers,
    lead: () => shared.start(),
    follow: () => void shared.stop(),
    async close() {
      for (const module of declared) module.close?.(deps);
      await Promise.all([server.close(), internalServer?.close()]);
      await Promise.all([own.stop(), shared.stop()]);
      await deps.backgroundQueue.stop();
      await deps.leases.stop();
      await Promise.all(workers.filter(({ flushOnClose }) => flushOnClose).map((worker) => flush(worker, deps)));
    },
  };
}

/** Runs those workers that are wanted, from `start` to the first `stop`. */
function runnerOf(isWanted: (worker: Worker) => boolean, deps: Dependencies) {
  let running: ReturnType<typeof startWorkers> | undefined;
  let stopped: Promise<void> | undefined;
  return {
    start() {
      if (stopped === undefined) running ??= startWorkers(workers.filter(isWanted), deps);
    },
    stop(): Promise<void> {
      stopped ??= running?.stop() ?? Promise.resolve();
      return stopped;
    },
  };
}

/** Makes what the product runs on: the kernel's parts, then what the modules add. */
async function compose({ config, database, clock, logger, ...given }: AppOptions): Promise<Dependencies> {
  const { db } = database;
  const { group } = given;
  const metrics = createMetrics(group);
  const databaseGate = databaseGateOf(connectionsMaxOf(database, config));
  const databaseTime = given.databaseTime ?? (() => databaseClock.findDatabaseTime(db));
  const registryClock = await createRegistryClock({ clock, databaseTime, toleranceMs: config.clockSkewMaxMs, logger });
  // By the clock of the process: a lease is a span, and its holder has to notice that its own clock jumped.
  const signals = createSignals(group && ((signal) => group.passOn(signal)));
  const alsoHears = {
    [eventLog.EVENTS_CHANNEL]: () => signals.tell('logged'),
    [configTail.CONFIGS_CHANNEL]: (projects: string) => signals.tell('configured', projects),
  };
  const leases =
    given.leases ??
    createLeases({ database, leaseMs: config.authorityLeaseMs, clock, logger, alsoHears, observer: metrics.leases });
  const sharedCounts = group === undefined ? null : createSharedCounts(group.share);
  const argon2 = createArgon2(config.argon2, {
    ...(given.argon2Tags === undefined ? {} : { tags: given.argon2Tags }),
    took: (operation, seconds) => metrics.argon2Seconds.observe({ operation }, seconds),
  });
  const kernel: KernelDependencies = {
    db,
    forTenant: (scope, signal) =>
      database.forTenant(scope, () => databaseGate.enter(scope.tenant_id, signal === undefined ? {} : { signal })),
    databaseGate,
    database,
    clock: registryClock.now,
    registryClock,
    logger,
    constraints: collectConstraints(errorSets),
    cursors: createCursorCodec(await signingKeys.findOrInsertSigningKey(db, 'cursor', randomBytes(32))),
    largePages: createGate(largePagesGate),
    grants,
    budgets: createBudgets(config.limits, {
      clock,
      refused: (budget) => metrics.rateLimited.inc({ budget }),
      sharedCounts,
    }),
    quotas: createQuotas(),
    argon2,
    sealed: createSealed(config.secretsKeys),
    leases,
    signals,
    metrics,
    sharedCounts,
    backgroundQueue: createBackgroundQueue(logger),
    accessLog: createAccessLog(registryClock.now),
    outbound: given.outbound ?? createOutbound({ ...fetchingOf(config), around: given.tracing?.outbound }),
    eventTypes,
    holdings,
  };
  addGauges(kernel, config);
  return { ...kernel, ...providePorts(kernel, config) };
}

/** The embedded engine has one connection. */
function connectionsMaxOf({ engine }: DatabaseHandle, { databaseConnectionsMax }: Config): number {
  return engine === 'pglite' ? 1 : databaseConnectionsMax;
}

/** A tenant has half of the connections, so that its statements leave the other half to the others. */
function databaseGateOf(places: number): Gate {
  const tenantPlacesMax = Math.ceil(places / 2);
  return createGate({ name: 'database', places, waitingMax: 1_000, tenantPlacesMax, tenantWaitingMax: 100 });
}

/** The rules of OUTBOUND_* for fetches. */
function fetchingOf({ outboundAllow: allow, outboundNameServers: nameServers }: Config) {
  return { allow, nameServers };
}

/** Static tokens, access tokens of the trusted issuers, and the credentials that modules own. */
function authenticatorOf({ config, logger }: AppOptions, deps: Dependencies): Authenticator {
  const { clock } = deps;
  const oidc = config.oidc === null ? null : createOidc(config.oidc, { clock, logger, ...fetchingOf(config) });
  const own = declared.flatMap((module) => module.credential?.(deps) ?? []);
  const cookies = declared.flatMap((module) => module.cookie?.(deps) ?? []);
  const readers = [...own, accessTokenCredential(deps, oidc)];
  return createAuthenticator({ grants, tokens: config.tokens, readers, cookies });
}

/** Writes what the worker holds. Without a database nothing more can be done than to say so. */
async function flush(worker: Worker, deps: Dependencies): Promise<void> {
  try {
    await worker.runOnce(deps, AbortSignal.abort());
  } catch (err) {
    deps.logger.error({ err, worker: worker.name }, 'what was pending is lost');
  }
}

/** Figures that are read when they are asked for, instead of being counted. */
function addGauges({ metrics, argon2, databaseGate, largePages, ...kernel }: KernelDependencies, config: Config): void {
  const { database, leases, registryClock } = kernel;
  metrics.buildInfo({ version, node: process.version });
  for (const gate of [argon2.gate, databaseGate, largePages]) metrics.observeGate(gate);
  metrics.gauge('database_connections', 'Open connections of the pool.', () => database.connections().total);
  metrics.gauge('database_connections_idle', 'Connections that no caller uses.', () => database.connections().idle);
  metrics.gauge('database_connections_waiting', 'Callers that wait for one.', () => database.connections().waiting);
  metrics.gauge('database_connections_max', 'Connections that the pool may open.', () =>
    connectionsMaxOf(database, config),
  );
  const aheadSeconds = () => registryClock.aheadMs() / 1000;
  metrics.gauge('clock_ahead_seconds', "How far this process's clock is ahead of the database's.", aheadSeconds);
  metrics.gauge('lease_held', '1 while memory may be answered from.', () => Number(leases.held()));
  metrics.gauge(
    'lease_seconds',
    'AUTHORITY_LEASE_MS; 0: no lease is ever held.',
    () => config.authorityLeaseMs / 1_000,
  );
}
