/** A tenant with one of everything, and about 10^5 rows in every table that may have them. */
import { sql } from 'kysely';
import { type Copies, idOf, insertCopies } from './many-rows.ts';
import { type Held, heldWithAll } from './requests.ts';
import { newProject, type TestServer, UNKNOWN } from './server.ts';

const ROWS = 100_000;
/** Of what a quota bounds to fewer for a tenant, and of what lists show of one project alone. */
const SOME = 20_000;
/** Of what operators make by hand. */
const FEW = 900;
const START = '2026-01-01T00:00:00.000Z';
const START_MS = Date.parse(START);
const at = (i: number) => new Date(START_MS + i).toISOString();

/** Values in the midst of all rows, by the form of a value. */
export const MID: readonly (readonly [RegExp, string])[] = [
  [/^[0-9a-f]{8}-[0-9a-f-]{27}$/, '80000000-0000-4000-8000-000000000000'],
  [/^\d{4}-\d\d-\d\dT/, at(ROWS / 2)],
  [/^\d{4,}$/, String(SOME / 2)],
  [/^k-\d{6}$/, 'k-010000'],
  [/^10\.\d+\.\d+\.\d+$/, '10.128.39.16'],
];

export interface FilledTenant {
  /** Half of the rows are the tenant's, as far as a quota lets it have them. */
  readonly held: Held;
  /** A project of the tenant in which nothing is. */
  readonly emptyProject: string;
}

export interface Filled extends FilledTenant {
  /** The id of an event in the midst of the log. */
  readonly midEvent: string;
  /** Values of filters: one that most rows have, one that one row has, and one that none has. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

/** Makes the tenant, with one of everything. */
export async function newFilledTenant(server: TestServer): Promise<FilledTenant> {
  const held = await heldWithAll(server);
  return { held, emptyProject: (await newProject(server, held.tenant_id)).id };
}

/** Fills the tables. */
export async function fillTables(server: TestServer, { held, emptyProject }: FilledTenant): Promise<Filled> {
  const { db } = server.app.deps;
  await db
    .insertInto('config_readers')
    .values({
      tenant_id: held.tenant_id,
      project_id: held.project,
      config_key: 'limits',
      reader: 'one',
      schema: '{}',
      seen_at: new Date(),
    })
    .execute();
  await insertCopies(db, held.tenant_id, copiesOf(held));
  await db
    .updateTable('config_heads')
    .set({ revision: 2 * SOME })
    .where('project_id', '=', held.project)
    .execute();
  const { rows } = await sql<{ id: string }>`select ${sql.raw(idOf('events', `${ROWS / 2}::int`))} as id`.execute(db);
  return { held, emptyProject, midEvent: rows[0]?.id ?? '', values: valuesOf(held, emptyProject) };
}

/** SQL: the value in one row, the other in all others. */
const oneOf = (one: string, rest: string) => `case when i = 1000 then ${one} else ${rest} end`;
/** SQL: rows of the tenant, so many and no more; the rest are of others. */
const own = (rows: number, of = ROWS) => `case when i % ${of / rows} = 0 then s.tenant_id else ${idOf('tenants')} end`;
const created = `timestamptz '${START}' + i * interval '1 ms'`;

/** Rows of all tables: half of them are of the tenant and its project, but for what a quota bounds. */
function copiesOf(held: Held): Copies[] {
  const text = (value: string) => `'${value}'`;
  const tenant_projects = idOf('tenant_projects');
  return [
    {
      table: 'tenants',
      rows: ROWS,
      from: `id = '${held.tenant_id}'`,
      change: {
        slug: `'t-' || i`,
        name: `'Tenant ' || i`,
        mesh_cidr: 'null',
        status: `${oneOf(`'frozen'`, `'active'`)}::tenant_status`,
        kind: `${oneOf(`'demo'`, `'customer'`)}::tenant_kind`,
        trial_ends_at: 'null',
        frozen_at: oneOf('now()', 'null'),
      },
    },
    {
      table: 'tenant_projects',
      rows: SOME,
      change: {
        slug: `'p-' || i`,
        status: `${oneOf(`'archived'`, `'active'`)}::tenant_project_status`,
        tenant_id: own(1_000, SOME),
      },
    },
    {
      table: 'catalog_requests',
      rows: SOME,
      change: {
        product: `'p-' || i`,
        kind: `'request'`,
        decided_by: oneOf(`'x'`, 'null'),
        decided_at: oneOf('now()', 'null'),
        state: oneOf(`'granted'`, `'open'`),
      },
    },
    {
      table: 'tenant_idp_config',
      rows: SOME,
      change: {
        issuer: `'https://issuer.example/' || i`,
        status: oneOf(`'degraded'`, `'active'`),
        tenant_id: own(1_000, SOME),
      },
    },
    {
      table: 'users',
      rows: ROWS,
      change: {
        email: `'u' || i || '@example.com'`,
        external_subject: `'local:' || i`,
        user_name: `'u' || i`,
        external_id: 'null',
        disabled_at: oneOf('now()', 'null'),
      },
    },
    {
      table: 'user_sessions',
      rows: ROWS,
      from: `user_id = '${held.personId}'`,
      change: {
        session_hash: `sha256(i::text::bytea)`,
        revoked_at: `case when i % 10 = 0 then null else now() end`,
        user_id: `case when i % 4 = 0 then s.user_id else '${held.user}' end`,
      },
    },
    {
      table: 'service_identities',
      rows: SOME,
      from: `id = '${held.serviceIdentity}'`,
      change: {
        subject: `'s-' || i`,
        tenant_id: own(1_000, SOME),
        project_id: `case when i % 4 = 0 then '${held.project}'::uuid else null end`,
      },
    },
    {
      table: 'spiffe_trust_bundles',
      rows: SOME,
      change: { trust_domain: `'d' || i || '.example'`, tenant_id: own(1_000, SOME) },
    },
    {
      table: 'groups',
      rows: SOME,
      from: `id = '${held.group}'`,
      change: { slug: `'g-' || i`, source: `'manual'`, tenant_id: own(10_000, SOME) },
    },
    {
      table: 'group_memberships',
      rows: ROWS,
      from: `principal_user_id = '${held.groupMember}'`,
      change: {
        tenant_id: own(10_000),
        group_id: `case when i % 20 = 0 then '${held.group}'::uuid else ${idOf('groups')} end`,
        principal_user_id: `case when i % 1000 = 10 then '${held.user}' else ${idOf('users')} end`,
      },
    },
    {
      table: 'group_parents',
      rows: SOME,
      change: {
        tenant_id: own(2_000, SOME),
        parent_id: `case when i % 1000 = 0 then '${held.group}'::uuid else ${idOf('groups')} end`,
        child_id: `case when i % 1000 = 0 then ${idOf('groups')} else ${idOf('others')} end`,
      },
    },
    {
      table: 'role_bindings',
      rows: SOME,
      from: `user_id = '${held.boundUser}'`,
      change: {
        user_id: idOf('users'),
        project_id: `case when i % 2 = 0 then s.project_id else ${tenant_projects} end`,
      },
    },
    {
      table: 'api_keys',
      rows: ROWS,
      from: `id = '${held.apiKey}'`,
      change: {
        hash: `'h' || i`,
        prefix: `'bp_' || i`,
        digest: 'sha256(i::text::bytea)',
        digest_pepper: `'test'`,
        created_by_key_id: `case when i % 4 = 0 then s.id end`,
        user_id: `case when i % 4 = 2 then '${held.user}'::uuid end`,
        service_identity_id: `case when i % 4 = 0 then '${held.serviceIdentity}'::uuid end`,
        project_id: `case when i % 6 = 0 then '${held.project}'::uuid end`,
        // A tenant makes keys for years and has a thousand at a time.
        revoked_at: `case when i % 100 < 2 then null else now() end`,
      },
    },
    { table: 'config_schemas', rows: SOME, change: { name: `'s-' || i`, tenant_id: own(1_000, SOME) } },
    {
      table: 'config_schema_versions',
      rows: SOME,
      from: `schema_id = '${held.configSchema}'`,
      change: {
        version: `case when i % 400 = 0 then i / 400 + 1 else 1 end`,
        schema_id: `case when i % 400 = 0 then s.schema_id else ${idOf('config_schemas')} end`,
      },
    },
    {
      table: 'configs',
      rows: SOME,
      from: `project_id = '${held.project}' and key = 'limits'`,
      change: {
        key: `'k-' || lpad(i::text, 6, '0')`,
        project_id: `case when i % 10 = 0 then s.project_id else ${tenant_projects} end`,
        revision: 'i + 10',
        created_at: created,
        updated_at: created,
        schema_id: `case when i % 4 = 0 then '${held.configSchema}'::uuid end`,
        schema_version: 'case when i % 4 = 0 then 1 end',
        content: `jsonb_build_object('all', true, 'i', i)`,
      },
    },
    {
      table: 'config_revisions',
      rows: SOME,
      from: `project_id = '${held.project}' and config_key = 'limits'`,
      change: {
        config_key: `case when i % 2 = 0 and i % 10 <> 0 then s.config_key else 'k-' || lpad(i::text, 6, '0') end`,
        version: 'case when i % 2 = 0 and i % 10 <> 0 then i + 10 else 1 end',
        revision: 'i + 10',
        write_id: `'w' || i`,
        project_id: `case when i % 2 = 0 then s.project_id else ${tenant_projects} end`,
        created_at: created,
        since: created,
        content: `jsonb_build_object('all', true, 'i', i)`,
      },
    },
    {
      table: 'config_readers',
      rows: SOME,
      change: { reader: `'r-' || i`, project_id: `case when i % 2 = 0 then s.project_id else ${tenant_projects} end` },
    },
    {
      table: 'databases',
      rows: SOME,
      from: `id = '${held.database}'`,
      change: {
        name: `'d-' || i`,
        namespace: `'n-' || i`,
        cluster_name: `'c-' || i`,
        status: `case when i = 1000 then 'error' when i % 100 = 0 then 'provisioning' else 'deleted' end`,
        deleted_at: `case when i % 100 = 0 then null else now() end`,
        owner_group_id: 'case when i % 100 = 0 then s.owner_group_id end',
        project_id: `case when i % 4 = 0 then '${held.project}'::uuid end`,
        tier: oneOf(text('rare'), 's.tier'),
      },
    },
    {
      table: 'database_work',
      rows: SOME,
      from: `database_id = '${held.database}'`,
      change: { database_id: idOf('databases'), next_reconcile_at: 'null' },
    },
    {
      table: 'resources',
      rows: SOME,
      change: {
        name: `'r-' || i`,
        kind: oneOf(text('rare'), text('common')),
        project_id: `case when i % 4 = 0 then '${held.project}'::uuid else ${tenant_projects} end`,
      },
    },
    {
      table: 'nodes',
      rows: ROWS,
      from: `id = '${held.node}'`,
      change: {
        name: `'n-' || i`,
        state: `case when i = 1000 then 'enrolling' when i % 10 = 0 then 'ready' else 'deregistered' end`,
        deregistered_at: 'case when i % 10 = 0 then null else now() end',
        resource_id: `case when i % 4 = 0 then s.resource_id else ${idOf('resources')} end`,
        project_id: `case when i % 4 = 0 then s.project_id else ${tenant_projects} end`,
      },
    },
    {
      table: 'domain_mesh_ip_allocations',
      rows: SOME,
      change: {
        node_id: idOf('nodes'),
        ip: `'10.128.0.0'::inet + i`,
        project_id: `case when i % 4 = 0 then s.project_id else ${tenant_projects} end`,
      },
    },
    {
      table: 'audit_log',
      rows: ROWS,
      from: `id = '${held.auditEvent}'`,
      change: {
        product: `case when i = 1000 then 'rare' when i % 3 > 0 then 'common' end`,
        actor_id: oneOf(text('one'), text('all')),
        action: oneOf(text('rare.done'), text('common.done')),
        target_id: oneOf(text('one'), text('all')),
        reported_by: 'null',
        origin: `case when i % 1000 < 2 then 'registry' else 'reported' end`,
        project_id: `case when i % 4 = 0 then '${held.project}'::uuid end`,
        tenant_slug: `case when i % 4 = 1 then 'gone' when i % 4 = 3 then 'gone-too' end`,
        tenant_id: `case when i % 2 = 0 then s.tenant_id end`,
        created_at: created,
        occurred_at: created,
      },
    },
    { table: 'audit_jobs', rows: SOME, from: `id = '${held.redaction}'`, change: { created_at: created } },
    { table: 'audit_retention', rows: SOME, change: { product: `'p-' || i` } },
    { table: 'audit_holds', rows: FEW, change: { product: `'p-' || i`, tenant_id: own(18, FEW) } },
    {
      table: 'events',
      rows: ROWS,
      change: {
        position: 'i + 1000',
        event_type: oneOf(text('tenant.deleted'), text('tenant.updated')),
        occurred_at: created,
        project_id: `case when i % 4 = 0 then '${held.project}'::uuid end`,
      },
    },
    {
      table: 'webhook_endpoints',
      rows: SOME,
      from: `id = '${held.webhook}'`,
      change: {
        tenant_id: own(100, SOME),
        status: oneOf(text('disabled'), text('active')),
        disabled_reason: oneOf(text('requested'), 'null'),
        next_at: 'null',
      },
    },
    {
      table: 'webhook_deliveries',
      rows: ROWS,
      from: `id = '${held.webhookDelivery}'`,
      change: {
        endpoint_id: `case when i % 2 = 0 then s.endpoint_id else ${idOf('webhook_endpoints')} end`,
        position: 'i + 1000',
        event_id: idOf('events'),
        event_type: oneOf(text('tenant.deleted'), text('tenant.updated')),
        state: oneOf(text('failed'), text('succeeded')),
        created_at: created,
      },
    },
  ];
}

function valuesOf(held: Held, emptyProject: string): Filled['values'] {
  const times = [START, at(ROWS / 2), at(2 * ROWS)];
  return {
    tenant_id: [held.tenant_id, UNKNOWN],
    project_id: [held.project, emptyProject],
    email: [`u1000@example.com`, 'nobody@example.com'],
    principal_id: [held.boundUser, UNKNOWN],
    created_by_key_id: [held.apiKey, UNKNOWN],
    user_id: [held.user, UNKNOWN],
    service_identity_id: [held.serviceIdentity, UNKNOWN],
    prefix: ['k-', 'k-001000', 'none'],
    schema_id: [held.configSchema, UNKNOWN],
    contains: ['{"all":true}', '{"i":1000}', '{"none":1}'],
    at: [at(SOME), at(SOME / 2)],
    from: [at(SOME / 2)],
    to: [at(SOME)],
    owner_team: [held.ownerTeam, 'none'],
    tier: ['small', 'rare', 'none'],
    q: ['d-', 'd-1000', 'none'],
    provisioner: ['memory'],
    kind: ['common', 'rare', 'none'],
    'list_tenants.kind': ['customer', 'demo'],
    resource_id: [held.nodeResource, UNKNOWN],
    deleted_tenant_slug: ['gone', 'none'],
    product: ['common', 'rare', 'none'],
    actor_id: ['all', 'one', 'none'],
    action: ['common.done', 'common.*', 'rare.done', 'rare.*', 'none.done'],
    target_id: ['all', 'one', 'none'],
    since: times,
    until: times,
    types: ['tenant.*', 'tenant.deleted', 'node.created'],
    event_type: ['tenant.updated', 'tenant.deleted', 'none.done'],
    tenant: [held.tenant_slug, 'none'],
  };
}
