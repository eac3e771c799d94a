import { appendAuditEvent } from '../../src/queries/audit.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const audit: TenantTable = {
  table: 'audit_log',
  grants: ['insert', 'select'],
  projectColumn: 'project_id',
  async insertRows(db, { tenant_id, projects }) {
    const event = {
      tenant_id,
      actor_type: 'user',
      actor_id: '1',
      action: 'x',
      metadata: {},
      origin: 'registry',
    } as const;
    for (const project_id of [...projects, null]) await appendAuditEvent(db, { ...event, project_id });
  },
};
