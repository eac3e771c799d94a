import { json } from '../../src/types.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const trustBundles: TenantTable = {
  table: 'spiffe_trust_bundles',
  grants: ['delete', 'insert', 'select', 'update (keys)', 'update (updated_at)', 'update (url)'],
  insertRows: (db, { tenant_id }) =>
    db
      .insertInto('spiffe_trust_bundles')
      .values({ tenant_id, trust_domain: 'acme.example', keys: json({ keys: [] }) })
      .execute(),
};
