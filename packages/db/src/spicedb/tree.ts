/** The second tree of migrations, and what stands in the schemas that it makes. */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import * as m0001 from '../../migrations/spicedb/0001_bootstrap.ts';
import type { Db, Tx } from '../handles.ts';
import { type MigrationTree, migrationStatus } from '../migrate.ts';
import { SpicedbError } from './errors.ts';
import { BOOKKEEPING_SCHEMA, SPICEDB_SCHEMA } from './names.ts';

export const spicedbTree: MigrationTree = {
  migrations: { '0001_bootstrap': inSavepoint(m0001) },
  schema: BOOKKEEPING_SCHEMA,
  // Not the name of the registry's books: whoever has those in the same database looks for it in every schema.
  table: 'spicedb_migration',
};

/** Gives the role of SpiceDB its rights in the schema once more. */
export const openSchema = m0001.openSchema;

type Step = (db: Kysely<unknown>) => Promise<void>;

/**
 * The tree moves inside a transaction of the caller's, where a step that fails leaves no statement possible: the migrator's
 * own unlocking would fail after it, and that error would hide the reason.
 */
function inSavepoint({ up, down }: { up: Step; down: Step }): Migration {
  const guarded = (step: Step): Step => {
    return async (tx) => {
      await sql`savepoint step`.execute(tx);
      try {
        await step(tx);
      } catch (error) {
        await sql`rollback to savepoint step`.execute(tx);
        throw error;
      }
    };
  };
  return { up: guarded(up), down: guarded(down) };
}

/**
 * Throws `schema_taken` unless the schemas that are there come from this tree. It runs before a row of the books is read
 * or written: a view or a trigger in a stranger's schema could run anything with the rights of the superuser. With `claim`
 * the schema of the books is there afterwards, so that nobody else can make it while the call goes on or waits.
 */
export async function requireOwnSchemas(tx: Tx, { claim }: { claim: boolean }): Promise<void> {
  const { rows } = await sql<{ name: string; trusted: boolean }>`
    select n.nspname as name, r.rolsuper as trusted from pg_namespace n join pg_roles r on r.oid = n.nspowner
    where n.nspname in (${SPICEDB_SCHEMA}, ${BOOKKEEPING_SCHEMA}) order by n.nspname desc`.execute(tx);
  for (const { name, trusted } of rows) if (!trusted) throw taken(name, 'its owner is no superuser');
  const isThere = (schema: string) => rows.some(({ name }) => name === schema);
  // Without `if not exists`: it fails where somebody was faster.
  if (claim && !isThere(BOOKKEEPING_SCHEMA)) await sql`create schema ${sql.id(BOOKKEEPING_SCHEMA)}`.execute(tx);
  const isOurs = (await migrationStatus(tx, spicedbTree)).some(({ applied_at }) => applied_at !== null);
  if (isThere(SPICEDB_SCHEMA) && !isOurs) throw taken(SPICEDB_SCHEMA, 'this command did not make it');
}

function taken(schema: string, reason: string): SpicedbError {
  return new SpicedbError('schema_taken', `schema ${schema} is there, and ${reason}: rename or drop it first`);
}

const NAMED_MAX = 5;

/** Throws `schema_not_empty` while anything stands in the schema of SpiceDB. */
export async function requireEmptySchema(tx: Tx): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select pg_describe_object(d.classid, d.objid, d.objsubid) as name
    from pg_depend d join pg_namespace n on n.oid = d.refobjid
    where d.refclassid = 'pg_namespace'::regclass and n.nspname = ${SPICEDB_SCHEMA}
    order by name limit ${NAMED_MAX + 1}`.execute(tx);
  if (rows.length === 0) return;
  const named = rows.slice(0, NAMED_MAX).map(({ name }) => name);
  const list = [...named, ...(rows.length > NAMED_MAX ? ['more'] : [])].join(', ');
  throw new SpicedbError('schema_not_empty', `schema ${SPICEDB_SCHEMA} still holds ${list}: nothing was reverted`);
}

/** Drops the books, when they say that nothing is applied: then the database has nothing of the tree any more. */
export async function dropEmptyBooks(tx: Tx): Promise<void> {
  const status = await migrationStatus(tx, spicedbTree);
  if (status.some(({ applied_at }) => applied_at !== null)) return;
  const { table } = spicedbTree;
  const schema = sql.id(BOOKKEEPING_SCHEMA);
  await sql`drop table ${schema}.${sql.id(table)}, ${schema}.${sql.id(`${table}_lock`)}`.execute(tx);
  await sql`drop schema ${schema} restrict`.execute(tx);
}

/** Finds the schemas and the database in which the role could make objects beside those of its own schema. */
export async function findOtherPlaces(db: Db, role: string): Promise<string[]> {
  const { rows } = await sql<{ place: string }>`
    select 'schema ' || n.nspname as place from pg_namespace n
    where n.nspname <> ${SPICEDB_SCHEMA} and n.nspname !~ '^pg_' and has_schema_privilege(${role}, n.oid, 'create')
    union all
    select 'database ' || d.datname from pg_database d
    where d.datname = current_database() and has_database_privilege(${role}, d.oid, 'create')
    order by place`.execute(db);
  return rows.map(({ place }) => place);
}

/** Finds the roles beside this one, and beside superusers, that may act as it, or make objects in its schema. */
export async function findOtherRoles(db: Db, role: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select rolname as name from pg_roles
    where not rolsuper and rolname <> ${role}
      and (pg_has_role(oid, ${role}, 'member') or has_schema_privilege(oid, ${SPICEDB_SCHEMA}, 'create'))
    order by name`.execute(db);
  return rows.map(({ name }) => name);
}
