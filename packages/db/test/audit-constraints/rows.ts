/** Makes rows of the Merkle logs by plain inserts, past every service. */
import { randomUUID } from 'node:crypto';
import type { Insertable } from 'kysely';
import type { Db } from '../../src/handles.ts';
import type { AuditCheckpoints, AuditLeaves, AuditLogs, AuditTiles, DB } from '../../src/schema.ts';

/** The tables of the logs. */
export const auditLogTables = [
  'audit_checkpoints',
  'audit_head',
  'audit_leaves',
  'audit_logs',
  'audit_tiles',
  'audit_unsealed',
] as const satisfies readonly (keyof DB)[];

export const hash = (bytes = 32) => Buffer.alloc(bytes, 1);

export function auditLogRowsOf(db: Db) {
  return {
    log: (values: Partial<Insertable<AuditLogs>> = {}) =>
      db
        .insertInto('audit_logs')
        .values({ tenant_id: randomUUID(), size: 1, frontier: hash(), ...values })
        .execute(),
    leaf: (values: Partial<Insertable<AuditLeaves>> = {}) =>
      db
        .insertInto('audit_leaves')
        .values({ tenant_id: randomUUID(), index: 0, hash: hash(), ...values })
        .execute(),
    tile: (values: Partial<Insertable<AuditTiles>> = {}) =>
      db
        .insertInto('audit_tiles')
        .values({ tenant_id: randomUUID(), level: 0, tile: 0, hashes: hash(), ...values })
        .execute(),
    checkpoint: (values: Partial<Insertable<AuditCheckpoints>> = {}) =>
      db
        .insertInto('audit_checkpoints')
        .values({ tenant_id: randomUUID(), size: 1, root: hash(), note: 'x', registry_index: 0, ...values })
        .execute(),
    ticket: (event_id: string) =>
      db.insertInto('audit_unsealed').values({ event_id, tenant_id: randomUUID() }).execute(),
  };
}
