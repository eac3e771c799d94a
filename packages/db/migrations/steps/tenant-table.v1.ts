/**
 * Isolates the rows of tenants in a new table with a `tenant_id`: the statements of 0009, in its form
 * (docs/decisions/0010-row-level-security.md). Migrations run this file, so it is as frozen as they are, and a test
 * holds its hash: another form is a v2 beside it.
 */
import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely';

const role = sql.id('tenant_registry_tenant');

// Unset and empty mean no tenant: no row is equal to null.
const tenant = sql`nullif(current_setting('app.tenant_id', true), '')::uuid`;
const project = sql`nullif(current_setting('app.project_id', true), '')::uuid`;

export interface TenantTable {
  readonly table: string;
  /** The rights of tenants on their rows, in the words of SQL: `select, insert, update (name)`. Null: none. */
  readonly grants: string | null;
  /** The column with the project of a row: a scope that is bound to a project then reaches only its rows. */
  readonly projectColumn?: string;
}

/** Forces row-level security on the table, lets its owner reach every row and tenants their own, and grants no more. */
export async function isolateTenantTable(
  db: QueryExecutorProvider,
  { table, grants, projectColumn }: TenantTable,
): Promise<void> {
  const name = sql.table(table);
  const rows = projectColumn === undefined ? ofTenant : ofProject(projectColumn);
  await sql`alter table ${name} enable row level security`.execute(db);
  await sql`alter table ${name} force row level security`.execute(db);
  await sql`create policy platform on ${name} to current_user using (true) with check (true)`.execute(db);
  await sql`create policy tenant_isolation on ${name} to ${role} using (${rows}) with check (${rows})`.execute(db);
  if (grants !== null) await sql`grant ${sql.raw(grants)} on ${name} to ${role}`.execute(db);
}

const ofTenant = sql`tenant_id = ${tenant}`;

// An "or" would be taken for a rare match, and the planner would read all rows of a tenant to sort them for one page.
function ofProject(column: string): RawBuilder<unknown> {
  return sql`${ofTenant} and case when ${project} is null then true else ${sql.ref(column)} = ${project} end`;
}
