/** Every statement about passwords. Their hashes leave this file towards verification alone. No handle may be confined to a tenant. */
import { sql } from 'kysely';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import type { TenantStatus } from '../schema.ts';
import type { TenantRole } from '../types.ts';
import { USER_ROLES } from './principals.ts';
import type { NamedTenant } from './sign-in.ts';

/** The owner of a password. */
export interface PasswordOwner {
  readonly id: string;
  readonly tenant_id: string;
  readonly external_subject: string;
  readonly display_name: string;
  readonly email: string | null;
  /** The e-mail address in the form by which the database tells users apart. */
  readonly address: string | null;
  readonly disabled_at: string | null;
  readonly deleted_at: string | null;
  /** argon2id; null: the user has no password. */
  readonly password_hash: string | null;
}

export interface PasswordSignIn {
  /** The e-mail address in the form by which the database tells users apart: in lower case, as far as its locale knows. */
  readonly address: string;
  readonly tenant_id: string | null;
  readonly tenant_status: TenantStatus | null;
  /** Null: the tenant has no user with that address, or there is no such tenant. */
  readonly user: (PasswordOwner & { readonly roles: readonly TenantRole[] }) | null;
}

/** Returns all that a sign-in by password depends on, by one statement with one row, also for an unknown address. */
export async function findPasswordSignIn(
  db: Db,
  { slug, id, email }: NamedTenant & { readonly email: string },
): Promise<PasswordSignIn> {
  type Row = Pick<PasswordSignIn, 'address' | 'tenant_id' | 'tenant_status'> & { user: PasswordSignIn['user'] };
  const { rows } = await sql<Row>`
    select lower(asked.email) as address, t.id as tenant_id, t.status as tenant_status,
      case when u.id is not null then json_build_object(
        'id', u.id, 'tenant_id', u.tenant_id, 'external_subject', u.external_subject, 'display_name', u.display_name,
        'email', u.email, 'address', lower(u.email), 'disabled_at', u.disabled_at, 'deleted_at', u.deleted_at, 'password_hash', u.password_hash,
        'roles', ${sql.raw(USER_ROLES)}
      ) end as user
    from (select ${email}::text as email) as asked
    left join lateral (
      select id, status from tenants where slug = ${slug} or id = ${id}::uuid order by id = ${id}::uuid desc limit 1
    ) as t on true
    left join users u on u.tenant_id = t.id and lower(u.email) = lower(asked.email)`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('the statement of a sign-in has one row for every address');
  return row;
}

const owner = [
  'id',
  'tenant_id',
  'external_subject',
  'display_name',
  'email',
  'disabled_at',
  'deleted_at',
  'password_hash',
] as const;
const address = sql<string | null>`lower(email)`.as('address');

export const findPasswordOwner = fixedRow('find_password_owner', (db, id: string) =>
  db
    .selectFrom('users')
    .select([...owner, address])
    .where('id', '=', id),
);

export function lockPasswordOwner(tx: Tx, id: string): Promise<PasswordOwner | undefined> {
  return tx
    .selectFrom('users')
    .select([...owner, address])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export async function updatePassword(tx: Tx, id: string, passwordHash: string): Promise<void> {
  await tx.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', id).execute();
}
