import { randomBytes } from 'node:crypto';
import { idOf } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

export const signInFlows: TenantTable = {
  table: 'sign_in_flows',
  grants: [],
  insertRows: async (db, { tenant_id }) =>
    db
      .insertInto('sign_in_flows')
      .values({
        tenant_id,
        flow_hash: randomBytes(32),
        idp_config_id: await idOf(db, 'tenant_idp_config', tenant_id),
        idp_config_version: 1,
        return_to: '/',
        expires_at: '2100-01-01T00:00:00Z',
      })
      .execute(),
};
