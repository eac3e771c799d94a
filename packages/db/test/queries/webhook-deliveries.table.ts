import { randomUUID } from 'node:crypto';
import type { TenantTable } from '../tenant-tables.ts';

export const webhookDeliveries: TenantTable = {
  table: 'webhook_deliveries',
  grants: ['insert', 'select', 'update (attempts)', 'update (next_attempt_at)', 'update (state)'],
  insertRows: (db, { tenant_id }) =>
    db
      .insertInto('webhook_deliveries')
      .values({
        tenant_id,
        endpoint_id: randomUUID(),
        event_id: randomUUID(),
        event_type: 'x',
        position: 1,
        aggregate: 'x:x',
      })
      .execute(),
};
