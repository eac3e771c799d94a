import type { TenantTable } from '../tenant-tables.ts';

export const auditRetention: TenantTable = {
  table: 'audit_retention',
  grants: [],
  insertRows: (db, { tenant_id }) => db.insertInto('audit_retention').values({ tenant_id, days: 30 }).execute(),
};
