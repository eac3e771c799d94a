/** The small shapes that every module's schemas are made of. */
import { z } from 'zod';

/** An id, in lower case, as the database gives it back. */
export const id = z.guid('must be a UUID').toLowerCase();
/** RFC 3339, UTC. */
export const timestamp = z.iso.datetime();
/** A point in time from a caller: RFC 3339 with any offset. */
export const timestampInput = z.iso.datetime({ offset: true });
/** `YYYY-MM-DD`. */
export const date = z.iso.date();
/** A short text for people: trimmed of nothing, never empty. */
export const name = z.string().min(1).max(200);
/** A short text from another system: an id over there, a code, a person. */
export const label = z.string().min(1).max(200);
/** Lower case letters, digits and inner dashes, 3 to 40 characters. The same rule is a check in the database. */
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/, 'must be 3 to 40 lower case letters, digits and inner dashes');
