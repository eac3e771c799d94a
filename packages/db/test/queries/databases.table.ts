import { json } from '../../src/types.ts';
import { unique } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const databases: TenantTable = {
  table: 'databases',
  grants: ['insert', 'select', 'update'],
  projectColumn: 'project_id',
  /** They are deleted, so that they do not keep a group. */
  async insertRows(db, { tenant_id, projects }) {
    const rows = [...projects, null].map((project_id) => ({
      tenant_id,
      project_id,
      name: 'orders',
      owner_team: 'payments',
      tier: 'small',
      provisioner: 'local',
      cluster_name: unique('orders'),
      pooler_name: 'pooler',
      spec: json({}),
      status: 'deleted' as const,
      reason: 'destroyed',
      deleted_at: '2026-01-01T00:00:00Z',
    }));
    await db.insertInto('databases').values(rows).execute();
  },
};
