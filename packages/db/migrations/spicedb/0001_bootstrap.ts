/**
 * The schema in which SpiceDB keeps its tables. Only its role may enter and fill it, and that role finds its tables without
 * naming the schema. The role itself belongs to the whole server, so it is made outside this tree, before it.
 */
import { type Kysely, type QueryExecutorProvider, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create schema spicedb`.execute(db);
  await openSchema(db);
}

/** Gives the role its rights, and the right to nobody else. It may be repeated: a role that was made anew has none. */
export async function openSchema(db: QueryExecutorProvider): Promise<void> {
  const database = await currentDatabase(db);
  await sql`revoke all on schema spicedb from public`.execute(db);
  await sql`grant usage, create on schema spicedb to spicedb`.execute(db);
  // Where PUBLIC may not connect any more, the role must all the same.
  await sql`grant connect on database ${database} to spicedb`.execute(db);
  await sql`alter role spicedb in database ${database} set search_path = spicedb`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop schema if exists spicedb restrict`.execute(db);
  const { rows } = await sql`select from pg_catalog.pg_roles where rolname = 'spicedb'`.execute(db);
  if (rows.length === 0) return;
  const database = await currentDatabase(db);
  await sql`revoke connect on database ${database} from spicedb`.execute(db);
  await sql`alter role spicedb in database ${database} reset search_path`.execute(db);
}

async function currentDatabase(db: QueryExecutorProvider) {
  const { rows } = await sql<{ name: string }>`select pg_catalog.current_database() as name`.execute(db);
  return sql.id(rows[0]?.name ?? '');
}
