import type { TenantTable } from '../tenant-tables.ts';

export const configReaders: TenantTable = {
  table: 'config_readers',
  grants: ['delete', 'insert', 'select', 'update (schema)', 'update (seen_at)'],
  projectColumn: 'project_id',
  async insertRows(db, { tenant_id, projects }) {
    const made = { config_key: 'limits', reader: 'billing', schema: '{}', seen_at: new Date() };
    const rows = projects.map((project_id) => ({ tenant_id, project_id, ...made }));
    await db.insertInto('config_readers').values(rows).execute();
  },
};
