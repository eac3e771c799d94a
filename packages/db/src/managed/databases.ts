/** Databases of a managed server, seen and changed from outside: the administrator never connects to one of them. */
import { sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';

export interface ManagedDatabase {
  readonly oid: number;
  readonly owner: string;
  readonly allow_connections: boolean;
  readonly connection_limit: number;
  /** Any role of the server has a right on it. */
  readonly is_public: boolean;
  /** Its settings, each `name=value`. */
  readonly settings: readonly string[];
  /** Those of clients that the administrator may end: not a superuser's. */
  readonly sessions: number;
}

/** Finds a database by its name. */
export async function findDatabase(db: Db, name: string): Promise<ManagedDatabase | undefined> {
  const { rows } = await sql<ManagedDatabase>`
    select
      d.oid::bigint as oid, pg_get_userbyid(d.datdba) as owner, d.datallowconn as allow_connections,
      d.datconnlimit as connection_limit, has_database_privilege('public', d.oid, 'connect, create, temporary') as is_public,
      coalesce((
        select s.setconfig from pg_db_role_setting s where s.setdatabase = d.oid and s.setrole = 0
      ), '{}') as settings,
      (select count(*)::int from pg_stat_activity a
        where a.datid = d.oid and a.backend_type = 'client backend' and pg_has_role(current_user, a.usesysid, 'usage')
      ) as sessions
    from pg_database d
    where d.datname = ${name}`.execute(db);
  return rows[0];
}

/** Tells whether a removal was begun and cut off. PostgreSQL then refuses everything but `drop database`. */
export function isHalfDropped({ connection_limit }: Pick<ManagedDatabase, 'connection_limit'>): boolean {
  return connection_limit === -2;
}

/** Finds the databases that the roles own. */
export async function listDatabasesOf(db: Db, owners: readonly string[]): Promise<{ name: string; owner: string }[]> {
  const { rows } = await sql<{ name: string; owner: string }>`
    select d.datname as name, r.rolname as owner from pg_database d join pg_roles r on r.oid = d.datdba
    where r.rolname = any (${owners}::text[])
    order by d.datname`.execute(db);
  return rows;
}

/** Makes a database that lets nobody in yet. It cannot be part of a transaction. */
export async function createDatabase(db: Db, { name, owner }: { name: string; owner: string }): Promise<void> {
  await sql`
    create database ${sql.id(name)} owner ${sql.id(owner)} template template0 encoding 'UTF8' allow_connections false
    `.execute(db);
}

/** Takes the rights on the database from everybody but its owner. */
export async function revokePublic(tx: Tx, name: string): Promise<void> {
  await sql`revoke all on database ${sql.id(name)} from public`.execute(tx);
}

/** Bounds the sessions in the database. */
export async function limitConnections(tx: Tx, { name, limit }: { name: string; limit: number }): Promise<void> {
  await sql`alter database ${sql.id(name)} with connection limit ${sql.lit(limit)}`.execute(tx);
}

/** Says whether the database lets clients in. Sessions that are there go on. */
export async function allowConnections(tx: Tx, { name, allow }: { name: string; allow: boolean }): Promise<void> {
  await sql`alter database ${sql.id(name)} with allow_connections ${sql.lit(allow)}`.execute(tx);
}

/** The settings whose value is a list of names: each name is a value of its own. */
const LISTS = new Set(['search_path', 'local_preload_libraries', 'session_preload_libraries', 'temp_tablespaces']);

export interface Parameter {
  readonly name: string;
  readonly value: string;
}

/** Sets a parameter for every later session in the database. */
export async function setParameter(tx: Tx, database: string, { name, value }: Parameter): Promise<void> {
  const values = valuesOf({ name, value }).map((each) => sql.lit(each));
  await sql`alter database ${sql.id(database)} set ${parameterName(name)} = ${sql.join(values)}`.execute(tx);
}

/** Forgets what was set for the database. */
export async function resetParameter(tx: Tx, database: string, name: string): Promise<void> {
  await sql`alter database ${sql.id(database)} reset ${parameterName(name)}`.execute(tx);
}

/** Tells whether the setting, as the server keeps it (`name=value`), is what `setParameter` leaves behind. */
export function isSetTo({ name, value }: Parameter, settings: readonly string[]): boolean {
  const kept = settings.find((each) => each.toLowerCase().startsWith(`${name.toLowerCase()}=`))?.slice(name.length + 1);
  if (kept === undefined) return false;
  return kept === value || valuesOf({ name, value: kept }).join() === valuesOf({ name, value }).join();
}

function valuesOf({ name, value }: Parameter): string[] {
  if (!LISTS.has(name.toLowerCase())) return [value];
  return value.split(',').map((each) => each.trim().replace(/^"(.*)"$/, '$1'));
}

/** Names of extensions have a dot inside, which is none of a name of PostgreSQL's own. */
function parameterName(name: string) {
  return sql.id(...name.split('.'));
}

/**
 * Drops the database once its sessions have ended; it cannot be part of a transaction. `force` is no way: PostgreSQL refuses
 * it to all but superusers while autovacuum is at work there, and without it ends autovacuum by itself.
 */
export async function dropDatabase(db: Db, name: string): Promise<void> {
  await sql`drop database if exists ${sql.id(name)}`.execute(db);
}
