import { json } from '../../src/types.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const outbox: TenantTable = {
  table: 'outbox_events',
  grants: ['insert'],
  insertRows: (db, { tenant_id }) =>
    db
      .insertInto('outbox_events')
      .values({ tenant_id, aggregate_type: 'x', aggregate_id: 'x', event_type: 'x', payload: json({}) })
      .execute(),
};
