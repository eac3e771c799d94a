/** Types of events as callers name them: exact, all of a noun (`tenant.*`), or all (`*`). */
import type { KernelDependencies } from '../../kernel/context.ts';
import { eventErrors } from './errors.ts';

/** Throws `unknown_event_type`, with the pointer to each, for types that name no event that there is: nothing would ever come. */
export function requireKnownTypes(
  { eventTypes }: Pick<KernelDependencies, 'eventTypes'>,
  types: readonly string[],
  pointerTo: (index: number) => string,
): void {
  const known = new Set(eventTypes.flatMap(namesOf));
  const errors = types.flatMap((type, index) =>
    known.has(type) ? [] : [{ pointer: pointerTo(index), message: `there is no event ${JSON.stringify(type)}` }],
  );
  if (errors.length > 0) throw eventErrors.unknownEventType({ errors });
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
