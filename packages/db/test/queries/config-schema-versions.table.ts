import { json } from '../../src/types.ts';
import { idOf } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const configSchemaVersions: TenantTable = {
  table: 'config_schema_versions',
  grants: ['insert', 'select'],
  async insertRows(db, { tenant_id }) {
    const schema_id = await idOf(db, 'config_schemas', tenant_id);
    const row = { tenant_id, schema_id, version: 1, content: '{}', created_by: json({}) };
    await db.insertInto('config_schema_versions').values(row).execute();
  },
};
