/**
 * Types of events as callers name them: exact, all of a noun (`tenant.*`), or all (`*`). An event that carries a whole audit
 * row is not among all: who wants it names it, and holds `audit:read`.
 */
import { eventLog } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { requireHeld } from '../../kernel/held.ts';
import type { Permission } from '../../kernel/permissions.ts';
import { eventErrors } from './errors.ts';

/** For events that carry audit rows. */
const READS_AUDIT: Permission = 'audit:read';

/**
 * Throws `unknown_event_type`, with the pointer to each, for types that name no event that there is: nothing would ever come.
 * Throws `forbidden` for audit rows, when the caller may not read them.
 */
export function requireTypes(
  ctx: Pick<ActorContext, 'eventTypes' | 'actor'>,
  types: readonly string[],
  pointerTo: (index: number) => string,
): void {
  const known = new Set(ctx.eventTypes.flatMap(namesOf));
  const errors = types.flatMap((type, index) =>
    known.has(type) ? [] : [{ pointer: pointerTo(index), message: `there is no event ${JSON.stringify(type)}` }],
  );
  if (errors.length > 0) throw eventErrors.unknownEventType({ errors });
  requireHeld(ctx, neededFor(types));
}

/** Returns what a reader of these types has to hold besides the permission on events. */
export function neededFor(types: readonly string[]): readonly Permission[] {
  return typeFilter(types)(eventLog.AUDIT_EVENT) ? [READS_AUDIT] : [];
}

/** Returns the function that tells whether a type is among them; without a list, every type is. */
export function typeFilter(types: readonly string[] | undefined): (type: string) => boolean {
  if (types === undefined) return () => true;
  const wanted = new Set(types);
  return (type) => namesOf(type).some((name) => wanted.has(name));
}

function namesOf(type: string): string[] {
  return [type, `${type.split('.')[0]}.*`, ...(type === eventLog.AUDIT_EVENT ? [] : ['*'])];
}
