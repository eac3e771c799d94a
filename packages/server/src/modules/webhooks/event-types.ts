/** Which events a webhook can ask for: a type, all types with one beginning, or all but those that have to be named. */
import type { ActorContext } from '../../kernel/context.ts';
import { requireHeld } from '../../kernel/held.ts';
import { neededFor, requireTypes } from '../events/types.ts';

type Caller = Pick<ActorContext, 'eventTypes' | 'actor'>;

/** Returns the types without repetitions. Throws `unknown_event_type`, with the place of each that names no event; `forbidden`. */
export function requireEventTypes(ctx: Caller, asked: readonly string[]): string[] {
  requireTypes(ctx, asked, (index) => `/event_types/${index}`);
  return [...new Set(asked)];
}

/** Throws `forbidden` when the caller may not send somewhere what an endpoint gets, because it may not read it. */
export function requireReadable(ctx: Caller, types: readonly string[]): void {
  requireHeld(ctx, neededFor(types));
}
