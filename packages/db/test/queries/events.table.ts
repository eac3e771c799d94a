import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { TenantTable } from '../tenant-tables.ts';

export const events: TenantTable = {
  table: 'events',
  grants: ['select'],
  projectColumn: 'project_id',
  async insertRows(db, { tenant_id, projects }) {
    for (const project_id of [...projects, null]) {
      await sql`
        insert into events (position, id, tenant_id, project_id, aggregate_type, aggregate_id, event_type, payload, occurred_at)
        select coalesce(max(position), 0) + 1, ${randomUUID()}::uuid, ${tenant_id}::uuid, ${project_id}::uuid, 'x', 'x', 'x',
          '{}', now()
        from events`.execute(db);
    }
  },
};
