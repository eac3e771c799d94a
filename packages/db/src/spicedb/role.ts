/** The role that SpiceDB logs in as: it may log in, and nothing else. */
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import { SpicedbError } from './errors.ts';
import { SPICEDB_ROLE } from './names.ts';

export interface SpicedbRole {
  readonly can_login: boolean;
  /** What it may do beside logging in, in words: `create databases`. */
  readonly powers: readonly string[];
}

interface FoundRole extends SpicedbRole {
  readonly superuser: boolean;
  /** It is the user of the connection. */
  readonly connected: boolean;
  readonly member_of: readonly string[];
}

const role = sql.id(SPICEDB_ROLE);

/** Finds the role of SpiceDB. */
export async function findRole(db: Db): Promise<FoundRole | undefined> {
  const { rows } = await sql<FoundRole>`
    select
      r.rolcanlogin as can_login, r.rolsuper as superuser, r.rolname in (current_user, session_user) as connected,
      array_remove(array[
        case when r.rolsuper then 'do everything' end, case when r.rolcreatedb then 'create databases' end,
        case when r.rolcreaterole then 'create roles' end, case when r.rolreplication then 'replicate' end,
        case when r.rolbypassrls then 'bypass row-level security' end
      ], null) as powers,
      array(
        select g.rolname::text from pg_auth_members m join pg_roles g on g.oid = m.roleid
        where m.member = r.oid order by 1
      ) as member_of
    from pg_roles r where r.rolname = ${SPICEDB_ROLE}`.execute(db);
  const [found] = rows;
  return found && { ...found, powers: [...found.powers, ...found.member_of.map((name) => `act as ${name}`)] };
}

/**
 * Returns the role unless it is none of this command's: `role_taken` for a superuser, for the user of the connection, and
 * for a member of another role. Whoever knows its new password would have their rights.
 */
export async function findOwnRole(tx: Tx): Promise<SpicedbRole | undefined> {
  const found = await findRole(tx);
  if (found === undefined) return undefined;
  const { superuser, connected, member_of } = found;
  const reasons = [
    ...(connected ? ['the connection is its own'] : []),
    ...(superuser ? ['it is a superuser'] : []),
    ...(member_of.length > 0 ? [`it is a member of ${member_of.join(', ')}`] : []),
  ];
  if (reasons.length === 0) return found;
  throw new SpicedbError('role_taken', `role ${SPICEDB_ROLE} is left as it is: ${reasons.join(', and ')}`);
}

/** Makes the role, or takes from it whatever it should not have. It may not log in before `setPassword`. */
export async function setRole(tx: Tx, { exists }: { exists: boolean }): Promise<void> {
  const verb = sql.raw(exists ? 'alter' : 'create');
  await sql`
    ${verb} role ${role} nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls valid until 'infinity'
    `.execute(tx);
}

/** What would write the text of a statement into the server's log, or show or keep it; samples are off already. */
const RECORDERS = {
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_min_duration_sample: '-1',
  log_min_error_statement: 'panic',
  debug_print_parse: 'off',
  debug_print_rewritten: 'off',
  'pg_stat_statements.track_utility': 'off',
  track_activities: 'off',
};

/**
 * Lets the role log in with the password of the verifier. From the statement that holds it on, the transaction is not
 * recorded: whoever reads a verifier can guess passwords against it, and pose as the server.
 */
export async function setPassword(tx: Tx, verifier: string): Promise<void> {
  await sql`alter role ${role} login`.execute(tx);
  // A message of its own: the server reads a whole message before it obeys a part of it.
  await sql`set local standard_conforming_strings = on`.execute(tx);
  for (const [name, value] of Object.entries(RECORDERS)) {
    await sql`select set_config(${name}, ${value}, true)`.execute(tx);
  }
  await sql`alter role ${role} password ${literal(verifier)}`.execute(tx);
}

/**
 * Returns the text as a literal of SQL, for statements that take no parameters: quotes are doubled. It is the text only
 * where standard_conforming_strings is on: without it a backslash before a quote would let the text go on as SQL.
 */
export function literal(text: string): RawBuilder<string> {
  return sql.raw(`'${text.replaceAll("'", "''")}'`);
}

export interface RoleUse {
  /** A database, or `the server` for what belongs to none. */
  readonly name: string;
  /** It is the database of the connection. */
  readonly here: boolean;
}

/** Lists the databases in which something belongs to the role, or lets it in. */
export async function listUses(db: Db): Promise<RoleUse[]> {
  const { rows } = await sql<RoleUse>`
    select distinct coalesce(d.datname, 'the server') as name, d.datname is not distinct from current_database() as here
    from pg_shdepend s
    join pg_roles r on s.refclassid = 'pg_authid'::regclass and s.refobjid = r.oid and r.rolname = ${SPICEDB_ROLE}
    left join pg_database d on d.oid = case when s.classid = 'pg_database'::regclass then s.objid else s.dbid end
    order by name`.execute(db);
  return rows;
}

/** Drops the role. It must have no rights and no objects left. */
export async function dropRole(tx: Tx): Promise<void> {
  await sql`drop role ${role}`.execute(tx);
}
