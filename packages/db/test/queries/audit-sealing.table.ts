import { randomBytes, randomUUID } from 'node:crypto';
import type { TenantTable } from '../tenant-tables.ts';

const hash = () => randomBytes(32);

export const auditUnsealed: TenantTable = {
  table: 'audit_unsealed',
  grants: [],
  insertRows: (db, { tenant_id }) =>
    db.insertInto('audit_unsealed').values({ tenant_id, event_id: randomUUID() }).execute(),
};

export const auditLogs: TenantTable = {
  table: 'audit_logs',
  grants: ['select'],
  insertRows: (db, { tenant_id }) =>
    db.insertInto('audit_logs').values({ tenant_id, size: 1, frontier: hash() }).execute(),
};

export const auditLeaves: TenantTable = {
  table: 'audit_leaves',
  grants: ['select'],
  insertRows: (db, { tenant_id }) =>
    db.insertInto('audit_leaves').values({ tenant_id, index: 0, hash: hash() }).execute(),
};

export const auditTiles: TenantTable = {
  table: 'audit_tiles',
  grants: ['select'],
  insertRows: (db, { tenant_id }) =>
    db.insertInto('audit_tiles').values({ tenant_id, level: 0, tile: 0, hashes: hash() }).execute(),
};

let registered = 0;

export const auditCheckpoints: TenantTable = {
  table: 'audit_checkpoints',
  grants: ['select'],
  async insertRows(db, { tenant_id }) {
    registered += 1;
    const row = { tenant_id, size: 1, root: hash(), note: 'a note', registry_index: registered };
    await db.insertInto('audit_checkpoints').values(row).execute();
  },
};
