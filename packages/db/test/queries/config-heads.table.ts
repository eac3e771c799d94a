import type { TenantTable } from '../tenant-tables.ts';

export const configHeads: TenantTable = {
  table: 'config_heads',
  grants: ['insert', 'select', 'update (bytes)', 'update (keys)', 'update (revision)'],
  projectColumn: 'project_id',
  async insertRows(db, { tenant_id, projects }) {
    const rows = projects.map((project_id) => ({ tenant_id, project_id, revision: 1, keys: 1, bytes: 10 }));
    await db.insertInto('config_heads').values(rows).execute();
  },
};
