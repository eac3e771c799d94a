/** Refusals of the gate, in the words of the feed. */
import { refusalOf } from '../../../kernel/feed/refusal.ts';
import type { Gate, GateOptions } from '../../../kernel/gate.ts';
import { eventErrors } from '../errors.ts';

/** Nobody waits for a place: a stream may last for minutes. */
export const listenersGate = {
  name: 'event_feed',
  places: 1_000,
  waitingMax: 0,
  tenantPlacesMax: 50,
  tenantWaitingMax: 0,
  retryAfter: 5,
} as const satisfies GateOptions;

/** Returns `too_many_listeners` for a tenant that has all of its places, and `overloaded` when nobody gets one. */
export function asRefusal(error: unknown, gate: Gate): unknown {
  return refusalOf(error, { gate, options: listenersGate, tooMany: eventErrors.tooManyListeners });
}
