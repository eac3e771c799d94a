/** Refusals of the gate, in the words of the feed. */
import { DomainError, kernelErrors } from '../../../kernel/errors.ts';
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
export function asRefusal(error: unknown, { load }: Gate): unknown {
  if (!(error instanceof DomainError) || error.definition.code !== kernelErrors.tenantBusy.definition.code)
    return error;
  const { retryAfter } = listenersGate;
  return load().running < listenersGate.places
    ? eventErrors.tooManyListeners({ retryAfter })
    : kernelErrors.overloaded({ retryAfter });
}
