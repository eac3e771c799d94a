/**
 * Work on one thing of a tenant, one after the other. Those that wait hold nothing meanwhile, no connection above all: what
 * one tenant waits for delays no other. Turns count for one process; other processes are kept out by a lock in the database.
 */
import { DomainError, type ErrorFactory } from './errors.ts';
import { createGate, type Gate } from './gate.ts';

export interface TurnsOptions {
  /** Names the turns in metrics. */
  readonly name: string;
  /** How long a caller waits for its turn, and for what else the work waits for. */
  readonly waitMs: number;
  /** The error of a caller whose turn does not come in time, or that finds too many before it. */
  readonly refused: ErrorFactory;
}

/** Callers that may wait: those of one tenant, and all together. */
const TENANT_WAITING_MAX = 256;
const WAITING_MAX = 4_096;

export interface Turns {
  /**
   * Runs the work when all callers of the tenant before it are done. The work gets a function that tells how many
   * milliseconds are left to wait for anything else, at least 1. Throws the error of the options, the reason of an aborted
   * signal, and like the work.
   */
  run<T>(tenantId: string, work: (leftMs: () => number) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** How long the turn and what else the work waits for may take, as the options say. */
  readonly waitMs: number;
  /** For metrics. */
  readonly gate: Gate;
}

/** Makes the turns of all tenants, with nobody waiting. */
export function createTurns({ name, waitMs, refused }: TurnsOptions): Turns {
  const gate = createGate({
    name,
    places: Number.MAX_SAFE_INTEGER,
    waitingMax: WAITING_MAX,
    tenantPlacesMax: 1,
    tenantWaitingMax: TENANT_WAITING_MAX,
  });
  async function enter(tenantId: string, signal: AbortSignal) {
    const late = AbortSignal.timeout(waitMs);
    try {
      return await gate.enter(tenantId, { signal: AbortSignal.any([signal, late]) });
    } catch (cause) {
      signal.throwIfAborted();
      if (late.aborted || cause instanceof DomainError) throw refused({ cause, retryAfter: 1 });
      throw cause;
    }
  }
  return {
    waitMs,
    gate,
    async run(tenantId, work, signal) {
      const end = performance.now() + waitMs;
      const leave = await enter(tenantId, signal);
      try {
        return await work(() => Math.max(1, Math.ceil(end - performance.now())));
      } finally {
        leave();
      }
    },
  };
}
