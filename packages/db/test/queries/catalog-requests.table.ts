import type { TenantTable } from '../tenant-tables.ts';

export const catalogRequests: TenantTable = {
  table: 'catalog_requests',
  grants: ['insert', 'select'],
  insertRows: (db, { tenant_id }) =>
    db
      .insertInto('catalog_requests')
      .values({ tenant_id, product: 'files', kind: 'request', requested_by: 'x' })
      .execute(),
};
