/** Row of the log → event. */
import type { eventLog } from '@tenant-registry/db';
import type { Event } from './schema.ts';

/** Returns the event without its position, which would tell a tenant how busy the others are. */
export function toEvent(row: Omit<eventLog.EventRow, 'position' | 'recorded_at'>): Event {
  return {
    id: row.id,
    type: row.event_type,
    timestamp: row.occurred_at,
    tenant_id: row.tenant_id,
    project_id: row.project_id,
    product: row.product,
    subject: { type: row.aggregate_type, id: row.aggregate_id },
    data: row.payload,
  };
}
