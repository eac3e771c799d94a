import type { TenantTable } from '../tenant-tables.ts';

export const auditLogs: TenantTable = {
  table: 'audit_logs',
  grants: ['select'],
  insertRows: (db, { tenant_id }) =>
    db
      .insertInto('audit_logs')
      .values({ tenant_id, size: 1, frontier: Buffer.alloc(32) })
      .execute(),
};
