import { json } from '../../src/types.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const configs: TenantTable = {
  table: 'configs',
  grants: ['insert', 'select', 'update'],
  projectColumn: 'project_id',
  async insertRows(db, { tenant_id, projects }) {
    const now = new Date();
    const value = { content: json({ max: 1 }), content_sha256: 'a'.repeat(64), write_id: 'w', updated_by: json({}) };
    const rows = projects.map((project_id) => ({
      tenant_id,
      project_id,
      key: 'limits',
      version: 1,
      revision: 1,
      ...value,
    }));
    await db
      .insertInto('configs')
      .values(rows.map((row) => ({ ...row, created_at: now, updated_at: now })))
      .execute();
  },
};
