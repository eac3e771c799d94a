import { randomUUID } from 'node:crypto';
import type { TenantTable } from '../tenant-tables.ts';

export const auditJobs: TenantTable = {
  table: 'audit_jobs',
  grants: [],
  insertRows: (db, { tenant_id }) =>
    db.insertInto('audit_jobs').values({ id: randomUUID(), tenant_id, kind: 'prune' }).execute(),
};
