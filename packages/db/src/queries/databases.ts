/** Managed databases: what was ordered, and how it stands. The work on them has statements of its own. */
import { type Insertable, type Selectable, type SqlBool, sql, type Updateable } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import type { Databases, DatabaseWork, Tenants } from '../schema.ts';
import { rowsHolding, runsOf, type TextSearch } from '../search.ts';
import { json } from '../types.ts';

type Work = Selectable<DatabaseWork>;

/** A database with what is shown of the work on it, and the status of its tenant, which decides what can be done with it. */
export type DatabaseRow = Selectable<Databases> &
  Pick<
    Work,
    'attempts' | 'error_message' | 'login_slot' | 'next_reconcile_at' | 'old_login_until' | 'rotation_grace_seconds'
  > & {
    readonly tenant_status: Selectable<Tenants>['status'];
  };

const whole = (db: Db) =>
  db
    .selectFrom('databases')
    // The work of each is probed for: the planner would rather read all work than that of a page.
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('database_work')
          .selectAll()
          .whereRef('database_work.database_id', '=', 'databases.id')
          .offset(sql.lit(0))
          .as('database_work'),
      (join) => join.onTrue(),
    )
    .innerJoin('tenants', 'tenants.id', 'databases.tenant_id')
    .selectAll('databases')
    .select([
      'database_work.attempts',
      'database_work.error_message',
      'database_work.login_slot',
      'database_work.next_reconcile_at',
      'database_work.old_login_until',
      'database_work.rotation_grace_seconds',
      'tenants.status as tenant_status',
    ]);

export function findDatabase(db: Db, id: string): Promise<DatabaseRow | undefined> {
  return whole(db).where('databases.id', '=', id).executeTakeFirst();
}

export interface DatabaseFilter {
  readonly tenant_id?: string | undefined;
  readonly project_id?: string | undefined;
  readonly owner_team?: string | undefined;
  readonly status?: DatabaseRow['status'] | undefined;
  readonly tier?: string | undefined;
  /** A part of the name. */
  readonly q?: string | undefined;
  readonly include_deleted: boolean;
}

/** Lists newest first. Deleted databases are left out, unless they are asked for, by their status or all of them. */
export async function listDatabases(db: Db, filter: DatabaseFilter, page: PageRequest): Promise<DatabaseRow[]> {
  const { q, status, include_deleted } = filter;
  // The page comes first, by an index: what is joined is then that of its rows, and not of all.
  const inOrder = whole(db).orderBy('databases.id', 'desc');
  if (q !== undefined) {
    const found = await rowsHolding<{ readonly id: string }>(db, searchOf(q, filter), page);
    const named = found.map(({ id }) => id);
    return named.length === 0 ? [] : inOrder.where('databases.id', 'in', named).execute();
  }
  let ids = keyset(db.selectFrom('databases').select('id'), ['id'], page);
  for (const column of ['tenant_id', 'project_id', 'owner_team', 'status', 'tier'] as const) {
    const value = filter[column];
    if (value !== undefined) ids = ids.where(column, '=', value);
  }
  if (!include_deleted && status !== 'deleted') ids = ids.where('deleted_at', 'is', null);
  return inOrder.where('databases.id', 'in', ids).execute();
}

/** Names are in lower case, and the text is taken as it is. The index is databases_search_idx, in its words. */
function searchOf(q: string, filter: DatabaseFilter): TextSearch {
  const equal = (columns: readonly ('tenant_id' | 'project_id' | 'owner_team' | 'status' | 'tier')[]) =>
    columns.flatMap((column) =>
      filter[column] === undefined ? [] : [sql<SqlBool>`${sql.ref(column)} = ${filter[column]}`],
    );
  const isShown = filter.include_deleted || filter.status === 'deleted';
  return {
    table: 'databases',
    within: equal(['tenant_id', 'project_id']),
    fits: [
      ...equal(['owner_team', 'status', 'tier']),
      ...(isShown ? [] : [sql<SqlBool>`deleted_at is null`]),
      sql<SqlBool>`strpos(name, ${q}::text) > 0`,
    ],
    indexed: sql`search_grams(name, 1) collate "C" @> ${runsOf(q)}`,
  };
}

/** What decides whether something in the world belongs to a database. */
export type DatabaseMark = Pick<Selectable<Databases>, 'id' | 'tenant_id' | 'status' | 'reason'>;

/** Returns those of the ids that belong to a database, deleted ones too. */
export async function listDatabaseMarks(db: Db, ids: readonly string[]): Promise<DatabaseMark[]> {
  const { rows } = await sql<DatabaseMark>`
    select id, tenant_id, status, reason from databases
    where id in (select value::uuid from jsonb_array_elements_text(${json(ids)}))`.execute(db);
  return rows;
}

/** Counts the databases of the tier that the tenant has and that are not deleted. */
export async function findDatabasesOfTier(db: Db, tenantId: string, tier: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from databases
    where tenant_id = ${tenantId} and tier = ${tier} and deleted_at is null`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Locks the database, and its work after it: every writer takes the locks in this order, after the tenant's. */
export async function lockDatabase(tx: Tx, id: string): Promise<DatabaseRow | undefined> {
  await tx.selectFrom('databases').select('id').where('id', '=', id).forUpdate().execute();
  await tx.selectFrom('database_work').select('database_id').where('database_id', '=', id).forUpdate().execute();
  return findDatabase(tx, id);
}

type Documents = 'spec' | 'overrides';
export type NewDatabase = Omit<Insertable<Databases>, Documents | 'id' | 'created_at'> &
  Readonly<Record<'spec', object>> &
  Partial<Readonly<Record<'overrides', object>>> & { readonly id: string; readonly created_at: Date };

/** Inserts a database together with its work, which is due at once. */
export async function insertDatabase(
  tx: Tx,
  { spec, overrides = {}, ...database }: NewDatabase,
  deadline_at: Date,
): Promise<DatabaseRow> {
  const { id, tenant_id, project_id, provisioner, created_at } = database;
  await tx
    .insertInto('databases')
    .values({
      ...database,
      spec: json(spec),
      overrides: json(overrides),
      since: created_at,
      updated_at: created_at,
    })
    .execute();
  await tx
    .insertInto('database_work')
    .values({ database_id: id, tenant_id, project_id, provisioner, next_reconcile_at: created_at, deadline_at })
    .execute();
  const row = await findDatabase(tx, id);
  if (row === undefined) throw new Error('a database that was inserted is there');
  return row;
}

export type DatabaseChanges = Omit<Updateable<Databases>, Documents> & Readonly<Partial<Record<Documents, object>>>;
export type WorkChanges = Updateable<DatabaseWork>;

/** Changes a database and its work, each where there is something to change; it follows `lockDatabase`. */
export async function updateDatabase(
  tx: Tx,
  id: string,
  { database = {}, work = {} }: { readonly database?: DatabaseChanges; readonly work?: WorkChanges },
): Promise<DatabaseRow> {
  if (Object.keys(database).length > 0) {
    const { spec, overrides, ...columns } = database;
    const documents = {
      ...(spec === undefined ? {} : { spec: json(spec) }),
      ...(overrides === undefined ? {} : { overrides: json(overrides) }),
    };
    await tx
      .updateTable('databases')
      .set({ ...columns, ...documents })
      .where('id', '=', id)
      .execute();
  }
  if (Object.keys(work).length > 0)
    await tx.updateTable('database_work').set(work).where('database_id', '=', id).execute();
  const row = await findDatabase(tx, id);
  if (row === undefined) throw new Error('a database that is locked is there');
  return row;
}

/** Counts the databases of the tenant that are not deleted. */
export async function findLiveDatabases(db: Db, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from databases where tenant_id = ${tenantId} and deleted_at is null`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Counts the databases that the group owns; a deleted database has no owner. */
export async function findDatabasesOfGroup(db: Db, groupId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from databases where owner_group_id = ${groupId}`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Deletes the rows of the deleted databases of a tenant, with their work: the tenant is about to go. */
export async function deleteDeletedDatabases(tx: Tx, tenantId: string): Promise<void> {
  await tx.deleteFrom('databases').where('tenant_id', '=', tenantId).where('deleted_at', 'is not', null).execute();
}

/**
 * Takes the deleted databases in these projects out of them, because the projects are about to go. Their rows stay: data
 * that a deletion kept is found by them.
 */
export async function updateDatabasesOfLostProjects(
  tx: Tx,
  { tenant_id, projects }: { readonly tenant_id: string; readonly projects: readonly string[] },
): Promise<void> {
  if (projects.length === 0) return;
  for (const table of ['databases', 'database_work'] as const)
    await tx
      .updateTable(table)
      .set({ project_id: null })
      .where('tenant_id', '=', tenant_id)
      .where('project_id', 'in', projects)
      .execute();
}
