import { randomUUID } from 'node:crypto';
import type { TenantTable } from '../tenant-tables.ts';

export const auditUnsealed: TenantTable = {
  table: 'audit_unsealed',
  grants: [],
  insertRows: (db, { tenant_id }) =>
    db.insertInto('audit_unsealed').values({ event_id: randomUUID(), tenant_id }).execute(),
};
