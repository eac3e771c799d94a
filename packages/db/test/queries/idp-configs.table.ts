import type { TenantTable } from '../tenant-tables.ts';

export const idpConfigs: TenantTable = {
  table: 'tenant_idp_config',
  grants: ['insert', 'select', 'update'],
  insertRows: (db, { tenant_id }) =>
    db
      .insertInto('tenant_idp_config')
      .values({ tenant_id, kind: 'oidc', alias: 'sso', issuer: 'https://idp' })
      .execute(),
};
