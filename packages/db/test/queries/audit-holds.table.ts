import type { TenantTable } from '../tenant-tables.ts';

export const auditHolds: TenantTable = {
  table: 'audit_holds',
  grants: [],
  insertRows: (db, { tenant_id }) => db.insertInto('audit_holds').values({ tenant_id, reason: 'x' }).execute(),
};
