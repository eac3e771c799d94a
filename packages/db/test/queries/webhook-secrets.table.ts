import { idOf } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const webhookSecrets: TenantTable = {
  table: 'webhook_secrets',
  grants: ['delete', 'insert', 'select', 'update (expires_at)'],
  insertRows: async (db, { tenant_id }) =>
    db
      .insertInto('webhook_secrets')
      .values({ tenant_id, endpoint_id: await idOf(db, 'webhook_endpoints', tenant_id), sealed: 'x' })
      .execute(),
};
