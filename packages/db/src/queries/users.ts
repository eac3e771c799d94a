/** Every statement about users. The hash of a password leaves this file only towards its verification. */
import { type Insertable, type Selectable, type SqlBool, sql, type Updateable } from 'kysely';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import type { RoleLevel, Users } from '../schema.ts';
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

const findShown = fixedRow('find_user', (db, id: string) => db.selectFrom('users').select(shown).where('id', '=', id));

export async function findUser(db: Db, id: string): Promise<UserRow | undefined> {
  const found = await findShown(db, id);
  return found && row(found);
}

export async function lockUser(tx: Tx, id: string): Promise<UserRow | undefined> {
  const found = await tx.selectFrom('users').select(shown).where('id', '=', id).forUpdate().executeTakeFirst();
  return found && row(found);
}

/** Locks the row against changes, but not against other shared locks: the user's deactivation waits for what it makes. */
export async function lockUserShared(tx: Tx, tenantId: string, id: string): Promise<UserRow | undefined> {
  const found = await tx
    .selectFrom('users')
    .select(shown)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .forShare()
    .executeTakeFirst();
  return found && row(found);
}

/** The users that are not deleted, newest first. */
export async function listUsers(
  db: Db,
  { tenant_id, email, disabled }: UserFilter,
  page: PageRequest,
): Promise<UserRow[]> {
  const found = await keyset(db.selectFrom('users').select(shown), ['id'], page)
    .where('tenant_id', '=', tenant_id)
    .where('deleted_at', 'is', null)
    // Row-level security keeps a tenant's own callers from an index on what a function makes of a column.
    .$if(email !== undefined, (query) =>
      query.where(sql<SqlBool>`id in (select users_of_email(${tenant_id}, ${email}))`),
    )
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

export async function deleteUser(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('users').where('id', '=', id).execute();
}

/** A user, named with its tenant. */
export interface UserInTenant {
  readonly tenant_id: string;
  readonly user_id: string;
}

/** What a user may do, by itself and by the groups that it is in. */
export interface UserPowers {
  readonly roles: readonly TenantRole[];
  /** The highest level that it is bound to in any project; null: none. */
  readonly highest_level: RoleLevel | null;
}

/** Reads what the user may do, whether it is deactivated or not. */
export async function findUserPowers(db: Db, { tenant_id, user_id }: UserInTenant): Promise<UserPowers> {
  const { rows } = await sql<UserPowers>`
    with within as materialized (select group_id from groups_of_principal(${user_id}::uuid, null))
    select
      array(
        select unnest(u.roles) from users u where u.tenant_id = ${tenant_id} and u.id = ${user_id}
        union
        select g.tenant_role from within w join groups g on g.id = w.group_id
        where g.tenant_id = ${tenant_id} and g.tenant_role is not null
      ) as roles,
      (
        select max(b.level) from role_bindings b
        where b.tenant_id = ${tenant_id}
          and (b.user_id = ${user_id} or b.group_id in (select group_id from within))
      ) as highest_level`.execute(db);
  return rows[0] ?? { roles: [], highest_level: null };
}

/** What is deleted with a user, or keeps it. Sessions and links are not counted, because their end is no loss. */
export interface UserHoldings {
  readonly api_keys: number;
  readonly group_memberships: number;
  readonly role_bindings: number;
  readonly projects: number;
  /** In those projects, and not deleted. */
  readonly databases: number;
  /** In those projects, as the nodes. */
  readonly resources: number;
  readonly nodes: number;
}

/**
 * Counts the user's keys in use by `now`, its memberships, its levels in projects, the projects that it owns, and the
 * databases, resources and nodes in them.
 */
export async function findUserHoldings(db: Db, { tenant_id, user_id }: UserInTenant, now: Date): Promise<UserHoldings> {
  const { rows } = await sql<UserHoldings>`
    select
      (select count(*) from api_keys where tenant_id = ${tenant_id} and user_id = ${user_id} and revoked_at is null
        and (expires_at is null or expires_at > ${now.toISOString()}::timestamptz)) as api_keys,
      (select count(*) from group_memberships where principal_user_id = ${user_id}) as group_memberships,
      (select count(*) from role_bindings where user_id = ${user_id}) as role_bindings,
      (select count(*) from tenant_projects where tenant_id = ${tenant_id} and owner_user_id = ${user_id}) as projects,
      (select count(*) from tenant_projects p join databases d on d.tenant_id = p.tenant_id and d.project_id = p.id
        where p.tenant_id = ${tenant_id} and p.owner_user_id = ${user_id} and d.deleted_at is null) as databases,
      (select count(*) from tenant_projects p join resources r on r.tenant_id = p.tenant_id and r.project_id = p.id
        where p.tenant_id = ${tenant_id} and p.owner_user_id = ${user_id}) as resources,
      (select count(*) from tenant_projects p join nodes n on n.tenant_id = p.tenant_id and n.project_id = p.id
        where p.tenant_id = ${tenant_id} and p.owner_user_id = ${user_id}) as nodes`.execute(db);
  const [found] = rows;
  if (found === undefined) throw new Error('a select without a from gives one row');
  return found;
}

/**
 * The ids of the keys, not revoked yet, that the deletion of the user takes along: its own, those bound to projects that it
 * owns, and those of service identities that live in such a project.
 */
export async function listKeysLostWithUser(db: Db, { tenant_id, user_id }: UserInTenant): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with owned as materialized (
      select id from tenant_projects where tenant_id = ${tenant_id} and owner_user_id = ${user_id}
    )
    select id from api_keys where tenant_id = ${tenant_id} and user_id = ${user_id} and revoked_at is null
    union
    select id from api_keys where tenant_id = ${tenant_id} and project_id in (select id from owned) and revoked_at is null
    union
    select k.id from service_identities s join api_keys k on k.tenant_id = s.tenant_id and k.service_identity_id = s.id
    where s.tenant_id = ${tenant_id} and s.project_id in (select id from owned) and k.revoked_at is null`.execute(db);
  return rows.map(({ id }) => id);
}
