/** The gate in front of whole states. */
import type { GateOptions } from '../../../kernel/gate.ts';

/** A text holds one batch of rows, and a connection of the pool while it reads one: so many are under way at once. */
export const configReadsGate = {
  name: 'config_reads',
  places: 16,
  waitingMax: 100,
  tenantPlacesMax: 2,
  tenantWaitingMax: 20,
  retryAfter: 2,
} as const satisfies GateOptions;
