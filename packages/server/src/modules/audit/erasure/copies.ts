/** Where else the values of an audit row are. */
import type { auditJobs } from '@tenant-registry/db';
import { auditEventIdOf } from '../sealing/audit-event.ts';

/**
 * Returns the events that say what rows say: the registry's own event of each, which has its id, and the event that carries
 * the row as a whole. The actor is in the second alone.
 */
export function copiesOf(ids: readonly string[], groups: readonly string[]): auditJobs.Copies {
  return { emptied: groups.includes('what') ? ids : [], whole: ids.map(auditEventIdOf) };
}
