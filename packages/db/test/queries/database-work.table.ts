import type { TenantTable } from '../tenant-tables.ts';

export const databaseWork: TenantTable = {
  table: 'database_work',
  grants: ['insert', 'select', 'update'],
  projectColumn: 'project_id',
  async insertRows(db, { tenant_id }) {
    const rows = await db
      .selectFrom('databases')
      .select(['id as database_id', 'tenant_id', 'project_id', 'provisioner'])
      .where('tenant_id', '=', tenant_id)
      .execute();
    await db.insertInto('database_work').values(rows).execute();
  },
};
