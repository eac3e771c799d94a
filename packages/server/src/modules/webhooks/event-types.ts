/** Which events a webhook can ask for: a type, all types with one beginning, or all. */
import type { KernelDependencies } from '../../kernel/context.ts';
import { requireKnownTypes } from '../events/types.ts';

/** Returns the types without repetitions. Throws `unknown_event_type`, with the place of each that names no event. */
export function requireEventTypes(ctx: Pick<KernelDependencies, 'eventTypes'>, asked: readonly string[]): string[] {
  requireKnownTypes(ctx, asked, (index) => `/event_types/${index}`);
  return [...new Set(asked)];
}
