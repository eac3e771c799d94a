import { randomBytes } from 'node:crypto';
import { idOf } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

/** All but the hash of the cookie. */
const shown = [
  'id',
  'tenant_id',
  'user_id',
  'idp_config_id',
  'source_ip',
  'created_at',
  'last_seen_at',
  'expires_at',
  'revoked_at',
];

export const sessions: TenantTable = {
  table: 'user_sessions',
  grants: [...shown.map((column) => `select (${column})`), 'update (revoked_at)'],
  insertRows: async (db, { tenant_id }) =>
    db
      .insertInto('user_sessions')
      .values({
        tenant_id,
        user_id: await idOf(db, 'users', tenant_id),
        idp_config_id: await idOf(db, 'tenant_idp_config', tenant_id),
        session_hash: randomBytes(32),
        source_ip: '10.0.0.1',
        expires_at: '2100-01-01T00:00:00Z',
      })
      .execute(),
};
