import { newTenant, unique } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const tenants: TenantTable = {
  table: 'tenants',
  // A shared lock needs the right to change one column.
  grants: ['select', 'update (updated_at)'],
  insertRows: (db, { tenant_id }) =>
    newTenant(db, { id: tenant_id, mesh_cidr: '10.0.0.0/16', mesh_space: unique('s') }),
};
