/** What an operator has to know of the server and of the user that the registry connects as. Reads catalogues alone. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';

export interface ServerFacts {
  /** `16.14`. */
  readonly version: string;
  readonly version_major: number;
  readonly database: string;
  /** The server's own start: with the name of the database it tells whether two URLs lead to one place. */
  readonly started: string;
  readonly is_standby: boolean;
  /** Whether transactions of this user are read-only unless they say otherwise. */
  readonly is_read_only: boolean;
  readonly user: string;
  readonly is_superuser: boolean;
  readonly bypasses_rls: boolean;
  readonly may_create_roles: boolean;
  /** Null where the search path leads to no schema. */
  readonly schema: string | null;
  readonly may_create_tables: boolean;
  readonly may_create_extensions: boolean;
  readonly has_btree_gist: boolean;
  /** Connections that the server takes from users without privileges. */
  readonly connections_max: number;
  /** Null: no limit of its own. */
  readonly connections_max_of_user: number | null;
  readonly connections_max_of_database: number | null;
  /** Connections of all clients of the server at this moment. */
  readonly connections: number;
}

/** Reads what the server says of itself, from PostgreSQL 13 on. */
export async function findServerFacts(db: Db): Promise<ServerFacts> {
  const { rows } = await sql<ServerFacts>`
    select
      split_part(current_setting('server_version'), ' ', 1) as version,
      current_setting('server_version_num')::int / 10000 as version_major,
      current_database()::text as database,
      extract(epoch from pg_postmaster_start_time())::text as started,
      pg_is_in_recovery() as is_standby,
      current_setting('default_transaction_read_only') = 'on' as is_read_only,
      me.rolname::text as user,
      me.rolsuper as is_superuser,
      me.rolbypassrls as bypasses_rls,
      me.rolsuper or me.rolcreaterole as may_create_roles,
      current_schema()::text as schema,
      coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_create_tables,
      has_database_privilege(current_database(), 'create') as may_create_extensions,
      exists(select from pg_extension where extname = 'btree_gist') as has_btree_gist,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0) as connections_max,
      nullif(me.rolconnlimit, -1) as connections_max_of_user,
      nullif(here.datconnlimit, -1) as connections_max_of_database,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as connections
    from pg_roles as me, pg_database as here
    where me.rolname = current_user and here.datname = current_database()`.execute(db);
  const [facts] = rows;
  if (facts === undefined) throw new Error('the database knows no role of the connected user');
  return facts;
}

/** A table of the registry's schema to which the user lacks something. */
export interface TableLack {
  readonly table: string;
  /** Whether the user may change the table itself, as migrations do. */
  readonly is_owner: boolean;
  /** Whether its rights let it read and write rows; row-level security may hide some. */
  readonly may_write: boolean;
}

/** Lists the tables of the schema that the user does not own or may not write; those of extensions are none of them. */
export async function listTableLacks(db: Db): Promise<TableLack[]> {
  const { rows } = await sql<TableLack>`
    with found as (
      select c.relname::text as "table",
        pg_has_role(c.relowner, 'usage') as is_owner,
        has_table_privilege(c.oid, 'select') and (
          starts_with(c.relname, 'kysely_')
          or has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete')
        ) as may_write
      from pg_class as c
      where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and not exists (select from pg_depend as d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'e')
    )
    select * from found where not (is_owner and may_write) order by 1`.execute(db);
  return rows;
}
