/** Refusals of the gate, in the words of streams. */
import { refusalOf } from '../../../kernel/feed/refusal.ts';
import type { Gate, GateOptions } from '../../../kernel/gate.ts';
import { eventErrors } from '../../events/errors.ts';

/** There is no queue: a stream may last for minutes. */
export const watchersGate = {
  name: 'config_feed',
  places: 1_000,
  waitingMax: 0,
  tenantPlacesMax: 100,
  tenantWaitingMax: 0,
  retryAfter: 5,
} as const satisfies GateOptions;

/** Returns `too_many_listeners` for a tenant that has all of its places, and `overloaded` when there is none for anyone. */
export function asRefusal(error: unknown, gate: Gate): unknown {
  return refusalOf(error, { gate, options: watchersGate, tooMany: eventErrors.tooManyListeners });
}
