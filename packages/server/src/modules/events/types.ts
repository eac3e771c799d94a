/** Types of events as callers name them: exact, all of a noun (`tenant.*`), or all (`*`). */
import type { KernelDependencies } from '../../kernel/context.ts';
import { eventErrors } from './errors.ts';

/** Throws `unknown_event_type` with the pointer to the list when one of the types names no event that there is. */
export function requireKnownTypes(
  { eventTypes }: Pick<KernelDependencies, 'eventTypes'>,
  types: readonly string[],
  pointer: string,
): void {
  const known = new Set(eventTypes.flatMap(namesOf));
  const unknown = types.filter((type) => !known.has(type));
  if (unknown.length === 0) return;
  const errors = unknown.map((type) => ({ pointer, message: `there is no event ${JSON.stringify(type)}` }));
  throw eventErrors.unknownEventType({ errors });
}

/** Returns the function that tells whether a type is among them; without a list, every type is. */
export function typeFilter(types: readonly string[] | undefined): (type: string) => boolean {
  if (types === undefined) return () => true;
  const wanted = new Set(types);
  return (type) => namesOf(type).some((name) => wanted.has(name));
}

function namesOf(type: string): string[] {
  return [type, `${type.split('.')[0]}.*`, '*'];
}
