/**
 * Isolation that needs no filter in any statement: tenant-scoped work runs as a role that sees and changes only rows of
 * the tenant, and inside it of the project, that the transaction names. The grants list all that a tenant may do. The
 * owner reads everything by a policy of its own: one policy with an "or" would keep the planner from its indexes, and
 * row-level security that is not forced would not hold for the owner at all.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { ensureTenantRole } from '../src/tenant-role.ts';

const role = sql.id('tenant_registry_tenant');

// Unset and empty mean no tenant: no row is equal to null.
const tenant = sql`nullif(current_setting('app.tenant_id', true), '')::uuid`;
const project = sql`nullif(current_setting('app.project_id', true), '')::uuid`;

const ofTenant = sql`tenant_id = ${tenant}`;
// An "or" would be taken for a rare match, and the planner would read all rows of a tenant to sort them for one page.
const ofProject = (column: string) =>
  sql`${ofTenant} and case when ${project} is null then true else ${sql.ref(column)} = ${project} end`;

interface Access {
  /** The rows that are the tenant's. */
  readonly rows: RawBuilder<unknown>;
  readonly grants: string;
}

const tables: Readonly<Record<string, Access>> = {
  // A lock that is shared asks for the right to change one column: here one that a trigger sets anyway.
  tenants: { rows: sql`id = ${tenant}`, grants: 'select, update (updated_at)' },
  tenant_projects: { rows: ofProject('id'), grants: 'select, insert, update' },
  tenant_products: { rows: ofTenant, grants: 'select, insert, update' },
  tenant_idp_config: { rows: ofTenant, grants: 'select, insert, update' },
  api_keys: { rows: ofProject('project_id'), grants: 'select, insert, update (revoked_at, expires_at)' },
  audit_log: { rows: ofProject('project_id'), grants: 'select, insert' },
  catalog_requests: { rows: ofTenant, grants: 'select, insert' },
  outbox_events: { rows: ofTenant, grants: 'insert' },
};

export async function up(db: Kysely<unknown>): Promise<void> {
  await ensureTenantRole(db);
  await grantSchema(db);
  for (const [name, { rows, grants }] of Object.entries(tables)) {
    const table = sql.table(name);
    await sql`alter table ${table} enable row level security`.execute(db);
    await sql`alter table ${table} force row level security`.execute(db);
    await sql`create policy platform on ${table} to current_user using (true) with check (true)`.execute(db);
    await sql`create policy tenant_isolation on ${table} to ${role} using (${rows}) with check (${rows})`.execute(db);
    await sql`grant ${sql.raw(grants)} on ${table} to ${role}`.execute(db);
  }
}

/** Every role may use a schema called public, unless that right was revoked. */
async function grantSchema(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ schema: string; open: boolean }>`
    select s as schema, has_schema_privilege('tenant_registry_tenant', s, 'usage') as open
    from current_schema() as s`.execute(db);
  for (const { schema, open } of rows) {
    if (!open) await sql`grant usage on schema ${sql.id(schema)} to ${role}`.execute(db);
  }
}

/** The role stays: other databases of the cluster may use it. */
export async function down(db: Kysely<unknown>): Promise<void> {
  for (const name of Object.keys(tables)) {
    const table = sql.table(name);
    await sql`revoke all on ${table} from ${role}`.execute(db);
    await sql`drop policy tenant_isolation on ${table}`.execute(db);
    await sql`drop policy platform on ${table}`.execute(db);
    await sql`alter table ${table} no force row level security`.execute(db);
    await sql`alter table ${table} disable row level security`.execute(db);
  }
}
