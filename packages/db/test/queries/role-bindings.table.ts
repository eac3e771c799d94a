import { idOf } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const roleBindings: TenantTable = {
  table: 'role_bindings',
  grants: ['delete', 'insert', 'select', 'update (level)', 'update (updated_at)'],
  projectColumn: 'project_id',
  async insertRows(db, { tenant_id, projects }) {
    const user_id = await idOf(db, 'users', tenant_id);
    const rows = projects.map((project_id) => ({ tenant_id, project_id, user_id, level: 'viewer' as const }));
    await db.insertInto('role_bindings').values(rows).execute();
  },
};
