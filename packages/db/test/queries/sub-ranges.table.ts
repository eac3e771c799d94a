import type { TenantTable } from '../tenant-tables.ts';

export const subRanges: TenantTable = {
  table: 'project_mesh_ip_reservations',
  grants: [
    ...['delete', 'insert', 'select'],
    ...['sub_range', 'strict', 'created_at'].map((column) => `update (${column})`),
  ],
  projectColumn: 'project_id',
  async insertRows(db, { tenant_id, projects }) {
    const rows = projects.map((project_id, place) => ({ tenant_id, project_id, sub_range: `10.0.${place}.0/24` }));
    await db.insertInto('project_mesh_ip_reservations').values(rows).execute();
  },
};
