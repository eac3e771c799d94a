/** The rows of a tenant, by the thing whose event tells of them: for tests that compare what changed with what was told. */
import type { Db } from '@tenant-registry/db';
import { sql } from 'kysely';
import type { TestServer } from './server.ts';

/** For each table that holds a tenant's state: SQL for the subject of the event that tells of a change of a row. */
export const aggregates: Readonly<Record<string, string>> = {
  tenants: 'id::text',
  tenant_projects: 'id::text',
  tenant_products: "tenant_id || '/' || product",
  tenant_idp_config: 'id::text',
  catalog_requests: 'id::text',
  users: 'id::text',
  user_sessions: 'id::text',
  // A link to set a password is a part of its user.
  password_links: 'user_id::text',
  service_identities: 'id::text',
  spiffe_trust_bundles: 'id::text',
  groups: 'id::text',
  // Who is in a group, and which groups are below it, are parts of the group.
  group_memberships: 'group_id::text',
  group_parents: 'parent_id::text',
  role_bindings: 'id::text',
  api_keys: 'id::text',
  webhook_endpoints: 'id::text',
  config_schemas: 'id::text',
  config_schema_versions: 'schema_id::text',
  configs: "project_id || '/' || key",
  // What a program expects of a key belongs to the key.
  config_readers: "project_id || '/' || config_key",
  databases: 'id::text',
  resources: 'id::text',
  nodes: 'id::text',
  // A sub-range is known by its project.
  project_mesh_ip_reservations: 'project_id::text',
  domain_mesh_ip_allocations: "tenant_id || '/' || host(ip)",
  // The secrets are parts of their endpoint.
  webhook_secrets: 'endpoint_id::text',
  audit_jobs: 'id::text',
  audit_retention: "concat_ws(' ', coalesce(tenant_id::text, '*'), coalesce(product, '*'))",
  audit_holds: "concat_ws(' ', coalesce(tenant_id::text, '*'), coalesce(product, '*'))",
};

/** The tables that no event tells of, each with the reason. */
export const bookkeeping: Readonly<Record<string, string>> = {
  audit_log: 'it is the record itself',
  audit_unsealed: 'they follow from audit rows',
  audit_head: 'it is of the process that seals',
  audit_logs: 'they follow from audit rows',
  audit_leaves: 'they follow from audit rows',
  audit_tiles: 'they follow from audit rows',
  audit_job_records: 'they say which leaves the audit rows of jobs are about',
  audit_checkpoints: 'they follow from audit rows',
  outbox_events: 'it is the events themselves',
  events: 'it is the events themselves',
  event_head: 'it numbers the events',
  event_relays: 'it counts what a relay has passed on',
  idempotency_keys: 'they remember answers',
  replica_leases: 'they are of processes',
  replica_marks: 'they are of processes',
  config_revisions: 'they are the history of the keys',
  config_heads: 'they count the writes of a project',
  config_store: 'it says where the values are',
  signing_keys: 'the registry makes them for itself',
  sign_in_flows: 'a sign-in that is under way has changed nothing yet',
  webhook_deliveries: 'they follow from events',
  webhook_attempts: 'they follow from events',
  database_work: 'it is what the passes of the reconciler keep for themselves',
  mesh_free_ranges: 'they follow from range, sub-ranges and addresses',
  schema_migrations: 'it is of the schema',
};

/** Columns that say when something was used or written, and no state that a caller set. */
const noted = ['last_used_at', 'last_seen_at', 'last_sign_in_at', 'updated_at', 'seen_at'];
/** What the registry writes into a webhook endpoint about its deliveries. */
const delivering = ['failures', 'failing_since', 'last_ok_ms', 'next_at', 'lease_id', 'lease_until'];

interface Row {
  readonly table_name: string;
  readonly subject: string;
  readonly row_key: string;
  readonly content: string;
}

export interface Snapshot {
  /** By table and primary key. */
  readonly rows: ReadonlyMap<string, Row>;
}

/** Returns the tables of the database. */
export async function tablesOf({ app }: Pick<TestServer, 'app'>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`.execute(app.deps.db);
  return rows.map(({ name }) => name);
}

/** Reads every row of every tenant, in one statement. */
export async function snapshotOf({ app }: Pick<TestServer, 'app'>): Promise<Snapshot> {
  const keys = await primaryKeysOf(app.deps.db);
  const parts = Object.entries(aggregates).map(
    ([table, subject]) => sql`
      select ${sql.lit(table)} as table_name, ${sql.raw(subject)} as subject,
        (to_jsonb(t) - ${[...noted, ...delivering]}::text[])::text as content,
        concat_ws(' ', ${sql.join(keys.get(table)?.map((column) => sql.ref(column)) ?? [sql.raw(subject)])}) as row_key
      from ${sql.table(table)} as t`,
  );
  const { rows } = await sql<Row>`${sql.join(parts, sql` union all `)}`.execute(app.deps.db);
  return { rows: new Map(rows.map((row) => [`${row.table_name} ${row.row_key}`, row])) };
}

/** Returns the columns of each primary key. Asked once for all rows: for each row it costs more than the row. */
async function primaryKeysOf(db: Db): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await sql<{ name: string; columns: string[] }>`
    select i.indrelid::regclass::text as name, array_agg(a.attname::text order by a.attnum) as columns
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
    where i.indisprimary and i.indrelid in (
      select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public')
    group by i.indrelid`.execute(db);
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}

/** Returns the things of which a row came, went or changed: `api_keys of 0192…`, without repetition. */
export function changedBetween(
  before: Snapshot,
  after: Snapshot,
): { readonly table: string; readonly subject: string }[] {
  const keys = new Set([...before.rows.keys(), ...after.rows.keys()]);
  const changed = new Map<string, { table: string; subject: string }>();
  for (const key of keys) {
    const [was, is] = [before.rows.get(key), after.rows.get(key)];
    if (was?.content === is?.content) continue;
    for (const row of [was, is])
      if (row !== undefined)
        changed.set(`${row.table_name} ${row.subject}`, { table: row.table_name, subject: row.subject });
  }
  return [...changed.values()];
}
