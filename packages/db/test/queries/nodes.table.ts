import { unique } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const nodes: TenantTable = {
  table: 'nodes',
  grants: [
    ...['delete', 'insert', 'select'],
    ...['name', 'state', 'reason', 'enrolled_at', 'ready_at', 'deregistered_at', 'updated_at'].map(
      (column) => `update (${column})`,
    ),
  ],
  projectColumn: 'project_id',
  /** One for each resource. */
  async insertRows(db, { tenant_id }) {
    const resources = await db.selectFrom('resources').selectAll().where('tenant_id', '=', tenant_id).execute();
    const rows = resources.map(({ id, project_id }) => ({
      tenant_id,
      project_id,
      resource_id: id,
      name: unique('node'),
    }));
    await db.insertInto('nodes').values(rows).execute();
  },
};
