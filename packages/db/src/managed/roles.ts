/** Roles of a managed server. The statements hold no password, only what the server can check one with. */
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';

export interface ManagedRole {
  readonly name: string;
  readonly can_login: boolean;
  readonly connection_limit: number;
  readonly comment: string | null;
  /** The administrator has the rights of the role, and may act as it. */
  readonly administered: boolean;
  /** The role acts as `owner` from its first statement on. */
  readonly acts_as_owner: boolean;
  readonly sessions: number;
}

/** Finds those of the roles that exist, and tells of each whether it stands for `owner`. */
export async function findRoles(db: Db, { owner, logins }: { owner: string; logins: readonly string[] }) {
  const { rows } = await sql<ManagedRole>`
    select
      r.rolname as name, r.rolcanlogin as can_login, r.rolconnlimit as connection_limit,
      shobj_description(r.oid, 'pg_authid') as comment,
      pg_has_role(current_user, r.oid, 'usage') and pg_has_role(current_user, r.oid, 'set') as administered,
      coalesce((
        select pg_has_role(r.oid, o.oid, 'usage') and pg_has_role(r.oid, o.oid, 'set') from pg_roles o
        where o.rolname = ${owner} and exists (
          select from pg_db_role_setting s
          where s.setrole = r.oid and s.setdatabase = 0 and 'role=' || o.rolname = any (s.setconfig))
      ), false) as acts_as_owner,
      (select count(*)::int from pg_stat_activity a
        where a.usesysid = r.oid and a.backend_type = 'client backend') as sessions
    from pg_roles r
    where r.rolname in (${sql.join([owner, ...logins])})`.execute(db);
  return rows;
}

/** Finds the roles whose comment begins with the text. */
export async function listRolesByComment(db: Db, start: string): Promise<{ name: string; comment: string }[]> {
  const { rows } = await sql<{ name: string; comment: string }>`
    select rolname as name, shobj_description(oid, 'pg_authid') as comment from pg_roles
    where starts_with(shobj_description(oid, 'pg_authid'), ${start})
    order by rolname`.execute(db);
  return rows;
}

/** Makes a role that nobody logs in as. Its comment is there with it, so the transaction leaves both or neither. */
export async function createRole(tx: Tx, { name, comment }: { name: string; comment: string }): Promise<void> {
  await sql`create role ${sql.id(name)} nologin`.execute(tx);
  await commentRole(tx, { name, comment });
}

/** Replaces the comment of a role. Members of the role cannot: they lack the right to administer it. */
export async function commentRole(tx: Tx, { name, comment }: { name: string; comment: string }): Promise<void> {
  await sql`comment on role ${sql.id(name)} is ${sql.lit(comment)}`.execute(tx);
}

/**
 * Gives the administrator the rights of the role. From PostgreSQL 16 on the maker of a role may administer it, but neither
 * act as it nor end its sessions.
 */
export async function administerRole(tx: Tx, name: string): Promise<void> {
  await sql`grant ${sql.id(name)} to current_user with inherit true, set true`.execute(tx);
}

/** Makes every session of the login act as the owner, so that all that it makes is the owner's. */
export async function actAsOwner(tx: Tx, { login, owner }: { login: string; owner: string }): Promise<void> {
  await sql`grant ${sql.id(owner)} to ${sql.id(login)} with inherit true, set true`.execute(tx);
  await sql`alter role ${sql.id(login)} set role = ${sql.lit(owner)}`.execute(tx);
}

/** Lets the role log in with the password that belongs to the verifier (`SCRAM-SHA-256$…`). */
export async function openLogin(tx: Tx, { name, verifier }: { name: string; verifier: string }): Promise<void> {
  await sql`alter role ${sql.id(name)} with login password ${sql.lit(verifier)}`.execute(tx);
}

/** Lets nobody log in as the roles, which keep their passwords. Sessions go on. */
export async function suspendLogins(tx: Tx, names: readonly string[]): Promise<void> {
  for (const name of names) await sql`alter role ${sql.id(name)} with nologin`.execute(tx);
}

/** Bounds the sessions of the login, in all databases of the server together. */
export async function limitLogin(tx: Tx, { name, limit }: { name: string; limit: number }): Promise<void> {
  await sql`alter role ${sql.id(name)} with connection limit ${sql.lit(limit)}`.execute(tx);
}

/** Forgets the password of the role, and lets nobody log in as it. Sessions go on. */
export async function closeLogins(tx: Tx, names: readonly string[]): Promise<void> {
  for (const name of names) await sql`alter role ${sql.id(name)} with nologin password null`.execute(tx);
}

/**
 * Ends the sessions of the roles, and those in the database that the administrator may end: not a superuser's. Returns how
 * many were still there after two seconds each.
 */
export async function endSessions(
  db: Db,
  { logins, database }: { logins: readonly string[]; database: string | null },
): Promise<number> {
  const { rows } = await sql<{ left: number }>`
    select count(*) filter (where not pg_terminate_backend(pid, 2000))::int as left from pg_stat_activity
    where pid <> pg_backend_pid() and backend_type = 'client backend' and pg_has_role(current_user, usesysid, 'usage')
      and (usename in (${sql.join([...logins, ''])}) or datname = ${database}::text)`.execute(db);
  return rows[0]?.left ?? 0;
}

/** Drops the roles together, and what they own in the administrator's own database. */
export async function dropRoles(tx: Tx, names: readonly string[]): Promise<void> {
  const list: RawBuilder<unknown> = sql.join(names.map((name) => sql.id(name)));
  await sql`drop owned by ${list}`.execute(tx);
  await sql`drop role ${list}`.execute(tx);
}
