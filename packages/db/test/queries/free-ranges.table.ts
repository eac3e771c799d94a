import type { TenantTable } from '../tenant-tables.ts';

export const freeRanges: TenantTable = {
  table: 'mesh_free_ranges',
  // Whoever is bound to a project draws from the pool of the tenant too.
  grants: ['delete', 'insert', 'select', 'update'],
  async insertRows(db, { tenant_id, projects }) {
    const rows = [...projects, null].map((project_id, place) => ({
      tenant_id,
      project_id,
      first: `10.0.${place}.1`,
      last: `10.0.${place}.9`,
    }));
    await db.insertInto('mesh_free_ranges').values(rows).execute();
  },
};
