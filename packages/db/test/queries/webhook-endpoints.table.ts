import type { TenantTable } from '../tenant-tables.ts';

export const webhookEndpoints: TenantTable = {
  table: 'webhook_endpoints',
  grants: ['delete', 'insert', 'select', 'update'],
  insertRows: (db, { tenant_id }) =>
    db
      .insertInto('webhook_endpoints')
      .values({ tenant_id, url: 'https://acme.example/hooks', event_types: ['*'] })
      .execute(),
};
