/** Which events a webhook can ask for: a type, all types with one beginning, or all. */
import { eventErrors } from '../events/errors.ts';

/**
 * Returns the types without repetitions. Throws `unknown_event_type`, with the place of each, for one that no event can
 * have: it would wait for ever.
 */
export function requireKnownTypes(asked: readonly string[], known: readonly string[]): string[] {
  const names = new Set(['*', ...known, ...known.map((type) => `${type.split('.')[0]}.*`)]);
  const errors = asked.flatMap((type, index) =>
    names.has(type) ? [] : [{ pointer: `/event_types/${index}`, message: 'is no type of an event' }],
  );
  if (errors.length > 0) throw eventErrors.unknownEventType({ errors });
  return [...new Set(asked)];
}
