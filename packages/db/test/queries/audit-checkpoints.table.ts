import { sql } from 'kysely';
import type { TenantTable } from '../tenant-tables.ts';

export const auditCheckpoints: TenantTable = {
  table: 'audit_checkpoints',
  grants: ['select'],
  insertRows: (db, { tenant_id }) =>
    sql`
      insert into audit_checkpoints (tenant_id, size, root, note, registry_index)
      select ${tenant_id}, 1, ${Buffer.alloc(32)}, 'x', coalesce(max(registry_index), 0) + 1 from audit_checkpoints`.execute(
      db,
    ),
};
