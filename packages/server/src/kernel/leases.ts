/**
 * Leases on what a replica remembers of others' authority. While it holds one, every change of that authority waits
 * for it before it is answered; without one it must read. Argued in docs/decisions/0008-leases.md.
 */
import { type DatabaseHandle, replicaLeases, type Tx } from '@tenant-registry/db';
import type { Clock } from './clock.ts';
import { createLeaseKeeper } from './lease-keeper.ts';
import { createLeaseState } from './lease-state.ts';
import { createLeaseValidity } from './lease-validity.ts';
import { waitForReplicas } from './lease-wait.ts';
import type { Logger } from './logger.ts';

/** Tenants whose authority changed; null: everything is to be forgotten. Must not throw. */
export type AuthorityListener = (tenantIds: readonly string[] | null) => void;

/** What a transaction has marked. */
export type Marks = readonly replicaLeases.PlacedMark[];

export interface Leases {
  /** Whether memory may be answered from at this instant. Costs no I/O; ask at the moment of the answer, every time. */
  held(): boolean;
  /**
   * Grows whenever something was dropped. What was read may be remembered if the lease was held before the statement
   * was sent, and this number is still the one of then.
   */
  generation(): number;
  /** Calls the listener before a change is acknowledged, and for those made here before they are answered; returns how to stop that. */
  onChange(listener: AuthorityListener): () => void;
  /** In the writing transaction, as its last statement: marks the replicas that may remember these tenants. */
  mark(tx: Tx, tenantIds: readonly string[]): Promise<Marks>;
  /**
   * After the commit: forgets here, and resolves when no replica can answer from what it remembered before. It takes
   * no longer than the longest lease, never rejects, and does not need the database for that. With an unknown outcome
   * it gives the own lease up: a new one waits until the transaction cannot commit any more.
   */
  settle(tenantIds: readonly string[], marks: Marks, outcome: 'committed' | 'unknown'): Promise<void>;
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
  /** Monotonic milliseconds; the process's own when absent. */
  readonly steadyMs?: () => number;
}

/** Makes the leases of one replica. Until `start` none is held, and everything else works. */
export function createLeases(options: LeaseOptions): Leases {
  const { database, leaseMs, clock, logger, steadyMs = () => performance.now() } = options;
  const listeners = new Set<AuthorityListener>();
  let generation = 0;
  const forget: AuthorityListener = (tenantIds) => {
    generation += 1;
    for (const listener of listeners) listener(tenantIds);
  };
  const validity = createLeaseValidity(leaseMs, clock, steadyMs);
  const state = createLeaseState({ validity, forget, logger });
  const keeper = createLeaseKeeper({ database, leaseMs, validity, state, forget, logger });
  return {
    held: () => validity.holds(),
    generation: () => generation,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    mark: (tx, tenantIds) => replicaLeases.appendReplicaMarks(tx, tenantIds, state.id()),
    async settle(tenantIds, marks, outcome) {
      if (outcome === 'unknown') keeper.giveUp('the outcome of a commit is unknown');
      else forget(tenantIds);
      await waitForReplicas(database.db, marks, logger);
    },
    start: async () => (leaseMs === 0 ? undefined : keeper.start()),
    stop: () => keeper.stop(),
  };
}
