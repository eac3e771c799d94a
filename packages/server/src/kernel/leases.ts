/**
 * Leases on what a replica remembers of others' authority. While it holds one, every change of that authority waits
 * for it before it is answered; without one it must read. Argued in docs/decisions/0008-leases.md.
 */
import { type DatabaseHandle, replicaLeases, type Tx } from '@tenant-registry/db';
import type { Clock } from './clock.ts';
import { createLeaseKeeper } from './leases/keeper.ts';
import { createMarkWatch } from './leases/mark-watch.ts';
import { createLeaseState, type LeaseObserver } from './leases/state.ts';
import { createLeaseValidity } from './leases/validity.ts';
import type { Logger } from './logger.ts';

/** Tenants whose authority changed; null: everything is to be forgotten. Must not throw. */
export type AuthorityListener = (tenantIds: readonly string[] | null) => void;

/** The marks that a transaction has placed. */
export type Marks = readonly replicaLeases.PlacedMark[];

export interface Leases {
  /** Whether memory may be answered from at this instant. Costs no I/O; ask at the moment of the answer, every time. */
  held(): boolean;
  /**
   * Grows whenever something was dropped, and is never twice the same while a change is being committed here. What was
   * read may be remembered if the lease was held before the statement was sent, and this number is still that of then.
   */
  generation(): number;
  /**
   * Calls the listener before a change is acknowledged; for one that is made here, before it is committed and again
   * before it is answered. Returns how to stop that.
   */
  onChange(listener: AuthorityListener): () => void;
  /**
   * In the writing transaction, as its last statement: forgets here, and marks the replicas that may remember these
   * tenants. When it resolves, `settle` must follow.
   */
  mark(tx: Tx, tenantIds: readonly string[]): Promise<Marks>;
  /**
   * After the commit: resolves when no replica can answer from what it remembered before. It takes
   * no longer than the longest lease, never rejects, and does not need the database for that. With an unknown outcome
   * it gives the own lease up: a new one waits until the transaction cannot commit any more.
   */
  settle(tenantIds: readonly string[], marks: Marks, outcome: 'committed' | 'unknown'): Promise<void>;
  /**
   * Resolves when no replica can answer from before the changes that left these marks open: whoever read the new state
   * together with open marks waits for it before that is told or remembered, or the next verification elsewhere could
   * still tell the old one.
   */
  settled(marks: Marks): Promise<void>;
  /** Begins to hold a lease, and to hold it again whenever it is lost; resolves when the first attempt is over. */
  start(): Promise<void>;
  /** Stops answering from memory and gives the lease back. */
  stop(): Promise<void>;
}

export interface LeaseOptions {
  readonly database: Pick<DatabaseHandle, 'db' | 'listen'>;
  /** 0: none is ever held. */
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Other channels that the connection of the lease hears, and what is to be done with each payload. */
  readonly alsoHears?: Readonly<Record<string, (payload: string) => void>>;
  /** Monotonic milliseconds; the process's own when absent. */
  readonly steadyMs?: () => number;
  readonly observer?: LeaseObserver;
}

/** Makes the leases of one replica. Until `start` none is held, and everything else works. */
export function createLeases(options: LeaseOptions): Leases {
  const { database, leaseMs, clock, logger, alsoHears = {}, observer } = options;
  const { steadyMs = () => performance.now() } = options;
  const listeners = new Set<AuthorityListener>();
  let generation = 0;
  let changing = 0;
  const forget: AuthorityListener = (tenantIds) => {
    generation += 1;
    for (const listener of listeners) listener(tenantIds);
  };
  const validity = createLeaseValidity(leaseMs, clock, steadyMs);
  const state = createLeaseState({ validity, forget, logger, observer });
  const keeper = createLeaseKeeper({ database, leaseMs, validity, state, forget, alsoHears, logger });
  const { gone } = createMarkWatch(database.db, logger);
  return {
    held: () => validity.holds(),
    generation() {
      if (changing > 0) generation += 1;
      return generation;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async mark(tx, tenantIds) {
      // Before the commit: from it on others may read the new state, and nobody marks this replica.
      changing += 1;
      forget(tenantIds);
      try {
        return await replicaLeases.appendReplicaMarks(tx, tenantIds, state.id());
      } catch (error) {
        changing -= 1;
        throw error;
      }
    },
    async settle(tenantIds, marks, outcome) {
      changing -= 1;
      if (outcome === 'unknown') keeper.giveUp('the outcome of a commit is unknown');
      else forget(tenantIds);
      const start = performance.now();
      await gone(marks);
      observer?.settled((performance.now() - start) / 1000);
    },
    settled: gone,
    start: async () => (leaseMs === 0 ? undefined : keeper.start()),
    stop: () => keeper.stop(),
  };
}
