import type pg from 'pg';

/** What the issue names: the sizes of one tenant. */
export interface Size {
  readonly users: number;
  readonly groups: number;
  readonly memberships: number;
  readonly projects: number;
}

/** Ids are made of the tenant, the kind and the number, so that a question can name a row without reading it. */
const KINDS = { user: '1', group: '2', project: '3' } as const;

/** Returns the id of the n-th row (from 1) of a kind in the tenant that is asked about. */
export function idOf(kind: keyof typeof KINDS, n: number): string {
  return `01890001-000${KINDS[kind]}-7000-8000-${String(n).padStart(12, '0')}`;
}

/**
 * Fills a migrated database with `tenants` tenants of that size each. A tenant's groups form a tree of ten children each
 * with a second parent here and there, users are in three groups on average, and every project binds ten groups.
 */
export async function loadRows(client: pg.Client, size: Size, tenants: number): Promise<void> {
  await client.query('set statement_timeout = 0');
  // For speed: the rows hold every constraint by construction.
  await client.query('set session_replication_role = replica');
  for (let tenant = 1; tenant <= tenants; tenant += 1)
    for (const text of insertions) await client.query(text(tenant, size));
  await client.query('reset session_replication_role');
  for (const table of ['users', 'groups', 'group_memberships', 'group_parents', 'role_bindings', 'tenant_projects'])
    await client.query(`vacuum (analyze) ${table}`);
  await client.query('checkpoint');
}

type Insertion = (tenant: number, size: Size) => string;

const tenantId = (tenant: number) => `'01890000-0000-7000-8000-${String(tenant).padStart(12, '0')}'::uuid`;
const prefix = (tenant: number, kind: keyof typeof KINDS) =>
  `0189${String(tenant).padStart(4, '0')}-000${KINDS[kind]}-7000-8000-`;
const id = (tenant: number, kind: keyof typeof KINDS, n: string) =>
  `('${prefix(tenant, kind)}' || lpad((${n})::text, 12, '0'))::uuid`;

const insertions: readonly Insertion[] = [
  (tenant) => `insert into tenants (id, slug, name, status)
    values (${tenantId(tenant)}, 'tenant-${tenant}', 'Tenant ${tenant}', 'active')`,
  (tenant, { users }) => `insert into users (id, tenant_id, external_subject, email, display_name)
    select ${id(tenant, 'user', 'i')}, ${tenantId(tenant)}, 'https://idp.example|' || i, 'user-' || i || '@t${tenant}.example', 'User ' || i
    from generate_series(1, ${users}) as i`,
  (tenant, { groups }) => `insert into groups (id, tenant_id, slug, display_name)
    select ${id(tenant, 'group', 'i')}, ${tenantId(tenant)}, 'group-' || i, 'Group ' || i
    from generate_series(1, ${groups}) as i`,
  (tenant, { projects }) => `insert into tenant_projects (id, tenant_id, slug, name)
    select ${id(tenant, 'project', 'i')}, ${tenantId(tenant)}, 'project-' || i, 'Project ' || i
    from generate_series(1, ${projects}) as i`,
  (tenant, { groups }) => `insert into group_parents (tenant_id, parent_id, child_id)
    select ${tenantId(tenant)}, ${id(tenant, 'group', '(i + 8) / 10')}, ${id(tenant, 'group', 'i')}
    from generate_series(2, ${groups}) as i`,
  (tenant, { users, groups, memberships }) => `insert into group_memberships (tenant_id, group_id, principal_user_id)
    select distinct on (g, u) ${tenantId(tenant)}, ${id(tenant, 'group', 'g')}, ${id(tenant, 'user', 'u')}
    from (
      select 1 + (i * 7919::bigint) % ${groups} as g, 1 + (i - 1) % ${users} as u
      from generate_series(1::bigint, ${memberships}) as i
    ) as edge`,
  (tenant, { projects, groups }) => `insert into role_bindings (tenant_id, project_id, group_id, level)
    select distinct on (p, g) ${tenantId(tenant)}, ${id(tenant, 'project', 'p')}, ${id(tenant, 'group', 'g')},
      (array['viewer', 'editor', 'admin'])[1 + (p + n) % 3]::role_level
    from (
      select p, n, 1 + (p * 31 + n * 997) % ${groups} as g
      from generate_series(1, ${projects}) as p, generate_series(1, 10) as n
    ) as binding`,
];
