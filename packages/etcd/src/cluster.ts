/** What every kind of call needs of the client. */
import type { Connection } from './connection.ts';
import type { Ring } from './ring.ts';
import type { Timing } from './types.ts';

export interface Cluster {
  readonly connections: readonly Connection[];
  readonly ring: Ring;
  readonly timing: Timing;
  /** Aborted by close(). */
  readonly closed: AbortSignal;
}

/** The pause after all endpoints failed. */
export const PAUSE_MS = 50;
