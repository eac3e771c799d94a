import type { TenantTable } from '../tenant-tables.ts';

export const auditTiles: TenantTable = {
  table: 'audit_tiles',
  grants: ['select'],
  insertRows: (db, { tenant_id }) =>
    db
      .insertInto('audit_tiles')
      .values({ tenant_id, level: 0, tile: 0, hashes: Buffer.alloc(32) })
      .execute(),
};
