import { json } from '../../src/types.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const configSchemas: TenantTable = {
  table: 'config_schemas',
  grants: [
    'insert',
    'select',
    'update (deleted_at)',
    'update (description)',
    'update (latest_version)',
    'update (name)',
    'update (updated_at)',
  ],
  insertRows: (db, { tenant_id }) =>
    db
      .insertInto('config_schemas')
      .values({ tenant_id, name: 'limits', latest_version: 1, created_by: json({}) })
      .execute(),
};
