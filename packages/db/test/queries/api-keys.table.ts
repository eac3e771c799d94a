import { unique } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const apiKeys: TenantTable = {
  table: 'api_keys',
  grants: ['insert', 'select', 'update (expires_at)', 'update (revoked_at)'],
  projectColumn: 'project_id',
  insertRows: (db, { tenant_id, projects }) =>
    db
      .insertInto('api_keys')
      .values(
        [...projects, null].map((project_id) => ({
          tenant_id,
          project_id,
          name: 'key',
          prefix: 'x',
          hash: unique('h'),
        })),
      )
      .execute(),
};
