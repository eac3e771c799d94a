/** Row of the log → message of the stream. */
import type { eventLog } from '@tenant-registry/db';
import { toEvent } from '../event.ts';
import type { Message } from './stream.ts';

/** Returns the message; its subject is `registry.<tenant id or platform>.<type>`. */
export function toMessage(row: eventLog.EventRow): Message {
  return {
    id: row.id,
    subject: `registry.${row.tenant_id ?? 'platform'}.${row.event_type}`,
    event: toEvent(row),
  };
}
