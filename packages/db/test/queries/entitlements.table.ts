import type { TenantTable } from '../tenant-tables.ts';

export const entitlements: TenantTable = {
  table: 'tenant_products',
  grants: ['insert', 'select', 'update'],
  insertRows: (db, { tenant_id }) => db.insertInto('tenant_products').values({ tenant_id, product: 'files' }).execute(),
};
