import { sql } from 'kysely';
import type { TenantTable } from '../tenant-tables.ts';

export const auditJobRecords: TenantTable = {
  table: 'audit_job_records',
  grants: [],
  insertRows: (db, { tenant_id }) =>
    sql`
      insert into audit_job_records (event_id, job_id, tenant_id, groups, leaves)
      select gen_random_uuid(), id, tenant_id, '{}', '{[0,1)}' from audit_jobs where tenant_id = ${tenant_id} limit 1`.execute(
      db,
    ),
};
