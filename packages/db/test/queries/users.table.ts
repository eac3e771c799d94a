import { randomBytes, randomUUID } from 'node:crypto';
import { idOf } from '../support.ts';
import type { TenantTable } from '../tenant-tables.ts';

/** All but the hash of the password. */
const shown = [
  'id',
  'tenant_id',
  'external_subject',
  'email',
  'user_name',
  'display_name',
  'roles',
  'profile',
  'external_id',
  'provisioned_by',
  'last_sign_in_at',
  'disabled_at',
  'deleted_at',
  'created_at',
  'updated_at',
];
const changed = ['email', 'user_name', 'display_name', 'roles', 'profile', 'disabled_at', 'updated_at'];

export const users: TenantTable = {
  table: 'users',
  grants: [
    ...shown.flatMap((column) => [`select (${column})`, `insert (${column})`]),
    ...changed.map((column) => `update (${column})`),
  ],
  insertRows: (db, { tenant_id }) =>
    db
      .insertInto('users')
      .values({
        tenant_id,
        external_subject: `local:${randomUUID()}`,
        email: 'ada@acme.example',
        display_name: 'Ada',
        password_hash: 'argon2id|c2FsdA|aGFzaA',
      })
      .execute(),
};

export const passwordLinks: TenantTable = {
  table: 'password_links',
  grants: [],
  insertRows: async (db, { tenant_id }) =>
    db
      .insertInto('password_links')
      .values({
        tenant_id,
        user_id: await idOf(db, 'users', tenant_id),
        token_hash: randomBytes(32),
        expires_at: '2100-01-01T00:00:00Z',
      })
      .execute(),
};
