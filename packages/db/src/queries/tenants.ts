/** Every statement about tenants. */
import { type Insertable, type RawBuilder, type Selectable, type SqlBool, sql, type Updateable } from 'kysely';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import { columns, type DB, type TenantKind, type TenantStatus, type Tenants } from '../schema.ts';
import { rowsHolding, runsOf, type TextSearch } from '../search.ts';

export type TenantRow = Selectable<Tenants>;

export interface TenantFilter {
  readonly id?: string | undefined;
  readonly status?: TenantStatus | undefined;
  readonly kind?: TenantKind | undefined;
  /** Part of the slug or the name, any case. */
  readonly q?: string | undefined;
}

export const findTenant = fixedRow('find_tenant', (db, id: string) =>
  db.selectFrom('tenants').select(columns.tenants).where('id', '=', id),
);

export const findTenantBySlug = fixedRow('find_tenant_by_slug', (db, slug: string) =>
  db.selectFrom('tenants').select(columns.tenants).where('slug', '=', slug),
);

/** Returns those of the ids that belong to a tenant. */
export async function listTenantIds(db: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await db.selectFrom('tenants').select('id').where('id', 'in', ids).execute();
  return rows.map(({ id }) => id);
}

export function listTenants(db: Db, filter: TenantFilter, page: PageRequest): Promise<TenantRow[]> {
  const { id, status, kind, q } = filter;
  if (q !== undefined) return rowsHolding(db, searchOf(q, filter), page);
  return keyset(db.selectFrom('tenants').selectAll(), ['id'], page)
    .$if(id !== undefined, (query) => query.where('id', '=', id as string))
    .$if(status !== undefined, (query) => query.where('status', '=', status as TenantStatus))
    .$if(kind !== undefined, (query) => query.where('kind', '=', kind as TenantKind))
    .execute();
}

/** Slugs are in lower case. The text has no wildcards. The index is tenants_search_idx, in its words. */
function searchOf(q: string, { id, status, kind }: TenantFilter): TextSearch {
  const equal = (column: string, value: string | undefined): RawBuilder<SqlBool>[] =>
    value === undefined ? [] : [sql`${sql.ref(column)} = ${value}`];
  const holds = sql<SqlBool>`(strpos(slug, lower(${q}::text)) > 0 or strpos(lower(name), lower(${q}::text)) > 0)`;
  return {
    table: 'tenants',
    within: equal('id', id),
    fits: [...equal('status', status), ...equal('kind', kind), holds],
    indexed: sql`(search_grams(slug, 1) || search_grams(name, 1)) collate "C" @> ${runsOf(q)}`,
  };
}

export function insertTenant(tx: Tx, tenant: Insertable<Tenants>): Promise<TenantRow> {
  return tx
    .insertInto('tenants')
    .values({ ...tenant, updated_at: tenant.created_at })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function updateTenant(tx: Tx, id: string, changes: Updateable<Tenants>): Promise<TenantRow> {
  return tx.updateTable('tenants').set(changes).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

/** Locks the row for a change of the tenant itself: all other locks on it wait until the transaction ends. */
export function lockTenant(tx: Tx, id: string): Promise<TenantRow | undefined> {
  return tx.selectFrom('tenants').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/**
 * Locks the row against changes, but not against other shared locks: a freeze of the tenant waits for writes inside it.
 */
export function lockTenantShared(tx: Tx, id: string): Promise<TenantRow | undefined> {
  return tx.selectFrom('tenants').selectAll().where('id', '=', id).forShare().executeTakeFirst();
}

/**
 * Locks the row against changes and against every sharer, though not against foreign keys that name it: for writes that
 * count first what the tenant has.
 */
export function lockTenantAlone(tx: Tx, id: string): Promise<TenantRow | undefined> {
  return tx.selectFrom('tenants').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
}

/**
 * Freezes up to `limit` tenants whose trial ended by `now`, and returns them. Rows that other transactions hold are
 * left for the next call, so several callers share the work. The array is evaluated once: a join could run the locking
 * again.
 */
export async function claimEndedTrialTenants(tx: Tx, now: Date, limit: number): Promise<TenantRow[]> {
  const { rows } = await sql<TenantRow>`
    update tenants set status = 'frozen', frozen_at = ${now.toISOString()}::timestamptz
    where id = any(array(
      select id from tenants
      where status = 'trial' and trial_ends_at <= ${now.toISOString()}::timestamptz
      order by trial_ends_at limit ${limit} for update skip locked
    ))
    returning *`.execute(tx);
  return rows;
}

/**
 * Archives up to `limit` tenants that were frozen by `frozenBy`, and returns them. Rows that other transactions hold
 * are left for the next call.
 */
export async function claimLongFrozenTenants(
  tx: Tx,
  { now, frozenBy }: { now: Date; frozenBy: Date },
  limit: number,
): Promise<TenantRow[]> {
  const { rows } = await sql<TenantRow>`
    update tenants set status = 'archived', archived_at = ${now.toISOString()}::timestamptz
    where id = any(array(
      select id from tenants
      where status = 'frozen' and frozen_at <= ${frozenBy.toISOString()}::timestamptz
      order by frozen_at limit ${limit} for update skip locked
    ))
    returning *`.execute(tx);
  return rows;
}

/**
 * Tables whose rows keep their tenant from being deleted, in an order in which each row goes before the ones that it names:
 * so no cascade meets a row that a statement of ours would have to look for.
 */
const IDENTITY = [
  // They keep their projects.
  'domain_mesh_ip_allocations',
  'nodes',
  'resources',
  // They keep the schemas that they are checked against.
  'configs',
  'role_bindings',
  'group_parents',
  'group_memberships',
  'groups',
  'sign_in_flows',
  'password_links',
  'user_sessions',
] as const satisfies TenantTable[];

/**
 * Deletes the people and programs of a tenant, and what stands for them: sessions, links, groups, levels, their keys, and
 * the projects that they own. Its machines go first, with their addresses, and its configurations, with their history.
 */
export async function deleteIdentities(tx: Tx, tenantId: string): Promise<void> {
  for (const table of IDENTITY) await tx.deleteFrom(table).where('tenant_id', '=', tenantId).execute();
  await tx
    .deleteFrom('api_keys')
    .where('tenant_id', '=', tenantId)
    .where((eb) => eb.or([eb('user_id', 'is not', null), eb('service_identity_id', 'is not', null)]))
    .execute();
  for (const table of ['service_identities', 'spiffe_trust_bundles', 'users'] as const)
    await tx.deleteFrom(table).where('tenant_id', '=', tenantId).execute();
}

/** Deletes the tenant with all that goes with it by itself; its people, programs and machines do not (`deleteIdentities`). */
export async function deleteTenant(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('tenants').where('id', '=', id).execute();
}

const notDeleted = sql`and deleted_at is null`;

/** A table with the column `tenant_id`. */
export type TenantTable = { [Table in keyof DB]: 'tenant_id' extends keyof DB[Table] ? Table : never }[keyof DB];

/**
 * Counts the tenant's rows in each table, in one statement; the counts have the names that the tables have here. Databases
 * that are deleted are not counted.
 */
export async function findTenantHoldings<const Name extends string>(
  db: Db,
  id: string,
  tables: Readonly<Record<Name, TenantTable>>,
): Promise<Record<Name, number>> {
  const counts = Object.entries<TenantTable>(tables).map(
    ([name, table]) => sql`(
      select count(*) from ${sql.table(table)} where tenant_id = ${id} ${table === 'databases' ? notDeleted : sql``}
    ) as ${sql.ref(name)}`,
  );
  const { rows } = await sql<Record<Name, number>>`select ${sql.join(counts)}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('a select without a from gives one row');
  return row;
}
