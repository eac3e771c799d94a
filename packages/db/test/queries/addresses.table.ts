import type { TenantTable } from '../tenant-tables.ts';

export const addresses: TenantTable = {
  table: 'domain_mesh_ip_allocations',
  grants: ['delete', 'insert', 'select'],
  projectColumn: 'project_id',
  /** One for each node, outside of the sub-ranges. */
  async insertRows(db, { tenant_id }) {
    const nodes = await db.selectFrom('nodes').selectAll().where('tenant_id', '=', tenant_id).execute();
    const rows = nodes.map(({ id, project_id }, place) => ({
      tenant_id,
      project_id,
      node_id: id,
      ip: `10.0.9.${place + 1}`,
    }));
    await db.insertInto('domain_mesh_ip_allocations').values(rows).execute();
  },
};
