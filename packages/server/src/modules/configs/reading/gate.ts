/** What bounds the reading of whole states: how many at once, and how fast. */
import type { GateOptions } from '../../../kernel/gate.ts';

/** A text holds two batches of rows, and a connection of the pool while it reads one: so many are under way at once. */
export const configReadsGate = {
  name: 'config_reads',
  places: 16,
  waitingMax: 100,
  tenantPlacesMax: 2,
  tenantWaitingMax: 20,
  retryAfter: 2,
} as const satisfies GateOptions;

/** The largest project goes as fast as it is taken; a tenant that reads states all the time leaves others their time. */
export const configReadsPace = { bytesPerSecond: 8_388_608, aheadSeconds: 5 };
