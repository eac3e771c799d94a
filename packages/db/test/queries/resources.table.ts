import type { TenantTable } from '../tenant-tables.ts';

export const resources: TenantTable = {
  table: 'resources',
  grants: [
    ...['delete', 'insert', 'select'],
    ...['kind', 'name', 'external_ref', 'updated_at'].map((column) => `update (${column})`),
  ],
  projectColumn: 'project_id',
  async insertRows(db, { tenant_id, projects }) {
    const made = { kind: 'vm', name: 'Edge', origin: 'adopted' } as const;
    const rows = projects.map((project_id) => ({ tenant_id, project_id, ...made }));
    await db.insertInto('resources').values(rows).execute();
  },
};
