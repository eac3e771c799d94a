import type { TenantTable } from '../tenant-tables.ts';

export const auditLeaves: TenantTable = {
  table: 'audit_leaves',
  grants: ['select'],
  insertRows: (db, { tenant_id }) =>
    db
      .insertInto('audit_leaves')
      .values({ tenant_id, index: 0, hash: Buffer.alloc(32) })
      .execute(),
};
