import { unique } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const projects: TenantTable = {
  table: 'tenant_projects',
  grants: ['insert', 'select', 'update'],
  projectColumn: 'id',
  insertRows: (db, { tenant_id, projects: ids }) =>
    db
      .insertInto('tenant_projects')
      .values(ids.map((id) => ({ id, tenant_id, slug: unique('p'), name: 'Project' })))
      .execute(),
};
