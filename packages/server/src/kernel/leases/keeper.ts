/** Keeps a lease for this replica: acquires it, renews it, forgets what it is told to, and begins anew when it is lost. */
import { randomUUID } from 'node:crypto';
import { type DatabaseHandle, type Db, replicaLeases, safeMessage } from '@tenant-registry/db';
import { createInterruptiblePause, type InterruptiblePause } from '../async/interruptible-pause.ts';
import type { Logger } from '../logger.ts';
import type { LeaseState } from './state.ts';
import type { LeaseValidity } from './validity.ts';

export interface LeaseKeeperOptions {
  readonly database: Pick<DatabaseHandle, 'listen'>;
  readonly leaseMs: number;
  readonly validity: LeaseValidity;
  readonly state: LeaseState;
  readonly forget: (tenantIds: readonly string[]) => void;
  readonly alsoHears: Readonly<Record<string, (payload: string) => void>>;
  readonly logger: Logger;
}

export interface LeaseKeeper {
  /** Stops answering from memory at once, forgets everything, and acquires a new lease. */
  giveUp(reason: string): void;
  /** Resolves when the first attempt to acquire one is over; the work goes on until `stop`. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Keeper extends LeaseKeeperOptions {
  readonly pause: InterruptiblePause;
  /** Resolved when the first attempt is over. */
  readonly attempted: PromiseWithResolvers<void>;
  /** Leases of ours that may still have their row although we have let go of them. */
  readonly left: Set<string>;
  stopping: boolean;
}

const PAUSE_MS = { first: 100, max: 5_000 };
const RENEWALS_PER_LEASE = 3;
const STOPPING = 'the process is stopping';
const RUN_OUT = 'it ran out, and a change waited for it no longer';

/** Makes a keeper that does nothing before `start`. */
export function createLeaseKeeper(options: LeaseKeeperOptions): LeaseKeeper {
  const attempted = Promise.withResolvers<void>();
  const keeper: Keeper = { ...options, pause: createInterruptiblePause(), attempted, left: new Set(), stopping: false };
  let running: Promise<void> | undefined;
  return {
    giveUp(reason) {
      letGo(keeper, reason);
      keeper.pause.interrupt();
    },
    start() {
      running ??= run(keeper);
      return attempted.promise;
    },
    async stop() {
      keeper.stopping = true;
      keeper.pause.interrupt();
      await running;
    },
  };
}

async function run(keeper: Keeper): Promise<void> {
  const { state, pause, attempted, logger } = keeper;
  for (let pauseMs = PAUSE_MS.first; !keeper.stopping; pauseMs = Math.min(pauseMs * 2, PAUSE_MS.max)) {
    const progress = () => {
      pauseMs = PAUSE_MS.first;
      attempted.resolve();
    };
    try {
      await keep(keeper, progress);
      break;
    } catch (err) {
      // The lease is good for as long as it was renewed for: whoever changes something waits for that.
      state.unrenewed(safeMessage(err));
      if (state.id() === null && pauseMs === PAUSE_MS.first) logger.warn({ err }, 'authority lease not acquired');
    }
    attempted.resolve();
    await pause.rest(pauseMs);
  }
  // Also when the connection was lost, and the lease is still good.
  letGo(keeper, STOPPING);
  attempted.resolve();
}

/** Returns when it is time to stop; rejects when the connection is lost. */
async function keep(keeper: Keeper, progress: () => void): Promise<void> {
  const { database, leaseMs, state, pause, alsoHears } = keeper;
  const listener = await database.listen({
    channels: {
      ...alsoHears,
      [replicaLeases.LEASE_CHANNEL]: (by) => void (by !== state.id() && pause.interrupt()),
    },
    silenceMsMax: leaseMs,
  });
  const { db, lost } = listener;
  lost.addEventListener('abort', () => pause.interrupt());
  try {
    while (!keeper.stopping) {
      lost.throwIfAborted();
      const lease = state.id();
      await (lease === null ? acquire(keeper, db) : renew(keeper, db, lease));
      progress();
      if (state.id() !== null) await pause.rest(leaseMs / RENEWALS_PER_LEASE);
    }
    letGo(keeper, STOPPING);
    await endLeft(keeper, db);
  } finally {
    await listener.close();
  }
}

/** Reads what was marked, forgets it, says so, and only then is the lease good for longer. */
async function renew({ validity, state, forget }: Keeper, db: Db, lease: string): Promise<void> {
  const [asked, epoch] = [validity.moment(), state.epoch()];
  const marks = await replicaLeases.listReplicaMarks(db, lease);
  if (state.epoch() !== epoch) return;
  if (marks === undefined) return state.lose(RUN_OUT);
  if (marks.length > 0) {
    forget(marks.flatMap(({ tenant_ids }) => tenant_ids));
    const ids = marks.map(({ id }) => id);
    const alive = await replicaLeases.deleteReplicaMarks(db, lease, ids);
    if (state.epoch() !== epoch) return;
    if (!alive) return state.lose(RUN_OUT);
  }
  state.renewed(asked);
}

async function acquire(keeper: Keeper, db: Db): Promise<void> {
  const { leaseMs, validity, state, left } = keeper;
  await endLeft(keeper, db);
  const [asked, epoch, lease] = [validity.moment(), state.epoch(), randomUUID()];
  left.add(lease); // until it is known that it is ours
  await replicaLeases.insertReplicaLease(db, lease, leaseMs);
  if (state.epoch() !== epoch) return;
  left.delete(lease);
  state.acquired(lease, asked);
}

function letGo({ state, left }: Keeper, reason: string): void {
  const lease = state.id();
  if (lease !== null) left.add(lease);
  state.lose(reason);
}

async function endLeft({ left }: Keeper, db: Db): Promise<void> {
  for (const lease of left) {
    await replicaLeases.deleteReplicaLease(db, lease);
    left.delete(lease);
  }
}
