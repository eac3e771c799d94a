/** Every statement about users. The hash of a password leaves this file only towards its verification. */
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import type { Users } from '../schema.ts';
import type { TenantRole } from '../types.ts';

const shown = [
  'id',
  'tenant_id',
  'external_subject',
  'email',
  'user_name',
  'display_name',
  'roles',
  'external_id',
  'provisioned_by',
  'last_sign_in_at',
  'disabled_at',
  'deleted_at',
  'created_at',
  'updated_at',
] as const;

export type UserRow = Omit<Pick<Selectable<Users>, (typeof shown)[number]>, 'roles'> & {
  readonly roles: readonly TenantRole[];
};

export interface UserFilter {
  readonly tenant_id: string;
  /** Exactly this address, in any case. */
  readonly email?: string | undefined;
  readonly disabled?: boolean | undefined;
}

// The check users_roles_check lets no other role in.
const row = <Row extends { roles: string[] }>(found: Row) => found as Omit<Row, 'roles'> & { roles: TenantRole[] };

export async function findUser(db: Db, id: string): Promise<UserRow | undefined> {
  const found = await db.selectFrom('users').select(shown).where('id', '=', id).executeTakeFirst();
  return found && row(found);
}

export async function lockUser(tx: Tx, id: string): Promise<UserRow | undefined> {
  const found = await tx.selectFrom('users').select(shown).where('id', '=', id).forUpdate().executeTakeFirst();
  return found && row(found);
}

export async function listUsers(
  db: Db,
  { tenant_id, email, disabled }: UserFilter,
  page: PageRequest,
): Promise<UserRow[]> {
  const found = await keyset(db.selectFrom('users').select(shown), ['id'], page)
    .where('tenant_id', '=', tenant_id)
    .$if(email !== undefined, (query) => query.where(sql`lower(email)`, '=', (email as string).toLowerCase()))
    .$if(disabled !== undefined, (query) => query.where('disabled_at', disabled ? 'is not' : 'is', null))
    .execute();
  return found.map(row);
}

export type NewUser = Omit<Insertable<Users>, 'profile' | 'password_hash'>;

export async function insertUser(tx: Tx, user: NewUser): Promise<UserRow> {
  return row(
    await tx
      .insertInto('users')
      .values({ ...user, ...(user.created_at === undefined ? {} : { updated_at: user.created_at }) })
      .returning(shown)
      .executeTakeFirstOrThrow(),
  );
}

export type UserChanges = Pick<Updateable<Users>, 'email' | 'display_name' | 'roles' | 'disabled_at'>;

export async function updateUser(tx: Tx, id: string, changes: UserChanges): Promise<UserRow> {
  return row(
    await tx.updateTable('users').set(changes).where('id', '=', id).returning(shown).executeTakeFirstOrThrow(),
  );
}

/** Notes when the user last signed in. It is bookkeeping and no change of state, so no event of its own reports it. */
export async function touchUserSignIn(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.updateTable('users').set({ last_sign_in_at: at }).where('id', '=', id).execute();
}
