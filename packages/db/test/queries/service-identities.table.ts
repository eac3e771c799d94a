import { unique } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

const changed = ['display_name', 'audience', 'disabled_at', 'updated_at'];

export const serviceIdentities: TenantTable = {
  table: 'service_identities',
  grants: ['insert', 'select', ...changed.map((column) => `update (${column})`)],
  projectColumn: 'project_id',
  insertRows: (db, { tenant_id, projects }) =>
    db
      .insertInto('service_identities')
      .values(
        [...projects, null].map((project_id) => ({
          tenant_id,
          project_id,
          display_name: 'Importer',
          federation_kind: 'api_token' as const,
          subject: unique('s'),
        })),
      )
      .execute(),
};
