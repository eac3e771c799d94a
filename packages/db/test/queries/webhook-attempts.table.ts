import { idOf } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const webhookAttempts: TenantTable = {
  table: 'webhook_attempts',
  grants: ['select'],
  insertRows: async (db, { tenant_id }) =>
    db
      .insertInto('webhook_attempts')
      .values({
        tenant_id,
        delivery_id: await idOf(db, 'webhook_deliveries', tenant_id),
        n: 1,
        started_at: '2026-01-01T00:00:00Z',
        duration_ms: 10,
      })
      .execute(),
};
