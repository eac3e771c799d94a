/**
 * Networks: each tenant has one range of addresses, projects reserve parts of it, and machines get addresses. The constraint
 * triggers have the names of constraints, and stand among them: what they refuse is answered like any other violation. They
 * compare a row with rows of other tables, so their writers hold the lock of the network meanwhile.
 */
import { type Kysely, sql } from 'kysely';
import { isolateTenantTable } from './steps/tenant-table.v1.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createExtension(db);
  await extendTenants(db);
  await createResources(db);
  await createNodes(db);
  await createReservations(db);
  await createAllocations(db);
  await createFreeRanges(db);
  await createChecks(db);
}

/** A trusted extension: whoever may create in the database may create it, and it may be there already, in any schema. */
async function createExtension(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ refused: boolean; database: string }>`
    select current_database() as database, not has_database_privilege(current_database(), 'create')
      and not exists (select from pg_extension where extname = 'btree_gist') as refused`.execute(db);
  for (const { refused, database } of rows)
    if (refused)
      throw new Error(
        `the extension btree_gist is not there, and you may not create it. As an administrator, run in the database ${database}:\n  create extension btree_gist;`,
      );
  await sql`create extension if not exists btree_gist`.execute(db);
}

async function extendTenants(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table tenants
      add column region text,
      add column mesh_cidr cidr,
      add column mesh_space text not null default 'shared',
      add column mesh_rest_seconds int not null default 0,
      add constraint tenants_region_check check (region ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
      add constraint tenants_mesh_space_check check (mesh_space ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
      add constraint tenants_mesh_rest_seconds_check check (mesh_rest_seconds between 0 and 604800),
      add constraint tenants_mesh_cidr_check check (
        case family(mesh_cidr)
          when 4 then masklen(mesh_cidr) between 8 and 30
            and not mesh_cidr && '0.0.0.0/8' and not mesh_cidr && '127.0.0.0/8' and not mesh_cidr && '169.254.0.0/16'
            and not mesh_cidr && '224.0.0.0/4'
          when 6 then masklen(mesh_cidr) between 48 and 120
            and not mesh_cidr && '::/8' and not mesh_cidr && 'fe80::/10' and not mesh_cidr && 'ff00::/8'
        end
      ),
      add constraint tenants_mesh_cidr_excl exclude using gist (mesh_space with =, mesh_cidr inet_ops with &&)`.execute(
    db,
  );
}

async function createResources(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table resources (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      project_id uuid not null,
      kind text not null,
      name text not null,
      origin text not null,
      external_ref text,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint resources_pkey primary key (id),
      constraint resources_tenant_id_project_id_id_key unique (tenant_id, project_id, id),
      constraint resources_origin_check check (origin in ('adopted', 'provisioned')),
      constraint resources_tenant_id_project_id_fkey foreign key (tenant_id, project_id)
        references tenant_projects (tenant_id, id) on delete restrict
    )`.execute(db);
  await sql`create index resources_tenant_id_id_idx on resources (tenant_id, id)`.execute(db);
  await updatedAt(db, 'resources');
  await isolateTenantTable(db, {
    table: 'resources',
    grants: 'select, insert, update (kind, name, external_ref, updated_at), delete',
    projectColumn: 'project_id',
  });
}

async function createNodes(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table nodes (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      project_id uuid not null,
      resource_id uuid not null,
      name text not null,
      state text not null default 'pending',
      reason text,
      enrolled_at timestamptz,
      ready_at timestamptz,
      deregistered_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint nodes_pkey primary key (id),
      constraint nodes_tenant_id_project_id_id_key unique (tenant_id, project_id, id),
      constraint nodes_name_check check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
      constraint nodes_state_check check (state in ('pending', 'enrolling', 'ready', 'deregistered')),
      constraint nodes_deregistered_at_check check ((state = 'deregistered') = (deregistered_at is not null)),
      constraint nodes_tenant_id_project_id_resource_id_fkey foreign key (tenant_id, project_id, resource_id)
        references resources (tenant_id, project_id, id) on delete restrict
    )`.execute(db);
  await sql`
    create unique index nodes_tenant_id_name_key on nodes (tenant_id, name) where state <> 'deregistered'`.execute(db);
  await sql`create index nodes_tenant_id_id_idx on nodes (tenant_id, id)`.execute(db);
  await sql`create index nodes_tenant_id_state_id_idx on nodes (tenant_id, state, id)`.execute(db);
  // Without the project: with it, the check of a foreign key to a node would read this index, all of the project's entries.
  await sql`create index nodes_tenant_id_resource_id_id_idx on nodes (tenant_id, resource_id, id)`.execute(db);
  await updatedAt(db, 'nodes');
  await isolateTenantTable(db, {
    table: 'nodes',
    grants: 'select, insert, update (name, state, reason, enrolled_at, ready_at, deregistered_at, updated_at), delete',
    projectColumn: 'project_id',
  });
}

async function createReservations(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table project_mesh_ip_reservations (
      tenant_id uuid not null,
      project_id uuid not null,
      sub_range cidr not null,
      strict boolean not null default true,
      created_at timestamptz not null default now(),
      constraint project_mesh_ip_reservations_pkey primary key (tenant_id, project_id),
      constraint project_mesh_ip_reservations_tenant_id_project_id_fkey foreign key (tenant_id, project_id)
        references tenant_projects (tenant_id, id) on delete cascade,
      constraint project_mesh_ip_reservations_sub_range_excl
        exclude using gist (tenant_id with =, sub_range inet_ops with &&)
    )`.execute(db);
  await isolateTenantTable(db, {
    table: 'project_mesh_ip_reservations',
    grants: 'select, insert, update (sub_range, strict, created_at), delete',
    projectColumn: 'project_id',
  });
}

async function createAllocations(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table domain_mesh_ip_allocations (
      tenant_id uuid not null,
      ip inet not null,
      project_id uuid not null,
      node_id uuid not null,
      allocated_at timestamptz not null default now(),
      constraint domain_mesh_ip_allocations_pkey primary key (tenant_id, ip),
      constraint domain_mesh_ip_allocations_node_id_key unique (node_id),
      constraint domain_mesh_ip_allocations_ip_check
        check (masklen(ip) = case family(ip) when 4 then 32 else 128 end),
      constraint domain_mesh_ip_allocations_tenant_id_project_id_node_id_fkey
        foreign key (tenant_id, project_id, node_id)
        references nodes (tenant_id, project_id, id) on delete cascade
    )`.execute(db);
  await sql`
    create index domain_mesh_ip_allocations_tenant_id_project_id_ip_idx
    on domain_mesh_ip_allocations (tenant_id, project_id, ip)`.execute(db);
  await isolateTenantTable(db, {
    table: 'domain_mesh_ip_allocations',
    grants: 'select, insert, delete',
    projectColumn: 'project_id',
  });
}

/**
 * What is free, as few rows: the allocator reads one of them and never searches among allocations. A row with `not_before`
 * is a single address that rests after its release. Programs of a project draw from the pool of the tenant, so the rows
 * are isolated by tenant alone.
 */
async function createFreeRanges(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table mesh_free_ranges (
      tenant_id uuid not null,
      project_id uuid,
      first inet not null,
      last inet not null,
      not_before timestamptz,
      constraint mesh_free_ranges_pkey primary key (tenant_id, first),
      constraint mesh_free_ranges_order_check check (
        first <= last and family(first) = family(last)
        and masklen(first) = case family(first) when 4 then 32 else 128 end and masklen(last) = masklen(first)
      ),
      constraint mesh_free_ranges_rest_check check (not_before is null or first = last),
      constraint mesh_free_ranges_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete cascade
    )`.execute(db);
  await sql`
    create index mesh_free_ranges_tenant_id_project_id_first_idx on mesh_free_ranges (tenant_id, project_id, first)
    where not_before is null`.execute(db);
  await sql`
    create index mesh_free_ranges_tenant_id_project_id_not_before_idx
    on mesh_free_ranges (tenant_id, project_id, not_before, first) where not_before is not null`.execute(db);
  await sql`
    create index mesh_free_ranges_not_before_idx on mesh_free_ranges (not_before) where not_before is not null`.execute(
    db,
  );
  await isolateTenantTable(db, { table: 'mesh_free_ranges', grants: 'select, insert, update, delete' });
}

/** The rules that one row cannot check by itself, by name: when they fire, and what a row must not find. */
const CHECKS = [
  {
    name: 'tenants_mesh_cidr_in_use_check',
    fires: sql`after update of mesh_cidr on tenants`,
    when: sql`when (old.mesh_cidr is distinct from new.mesh_cidr)`,
    // Reads of an index, also among 10^5 addresses: hosts are ordered by their family and number.
    refused: sql`
      exists (
        select from domain_mesh_ip_allocations a
        where a.tenant_id = new.id
          and a.ip <= coalesce(mesh_first(new.mesh_cidr), 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')
      ) or exists (
        select from domain_mesh_ip_allocations a where a.tenant_id = new.id and a.ip > mesh_last(new.mesh_cidr)
      ) or exists (
        select from domain_mesh_ip_allocations a
        where a.tenant_id = new.id and a.ip = mesh_last(new.mesh_cidr) and family(a.ip) = 4
      ) or exists (
        select from project_mesh_ip_reservations r
        where r.tenant_id = new.id and (r.sub_range <<= new.mesh_cidr) is not true
      )`,
  },
  {
    name: 'project_mesh_ip_reservations_inside_check',
    fires: sql`after insert or update on project_mesh_ip_reservations`,
    when: sql``,
    refused: sql`
      not exists (select from tenants t where t.id = new.tenant_id and new.sub_range <<= t.mesh_cidr)`,
  },
  {
    name: 'project_mesh_ip_reservations_in_use_check',
    fires: sql`after insert or update on project_mesh_ip_reservations`,
    when: sql``,
    refused: sql`
      exists (
        select from domain_mesh_ip_allocations a
        where a.tenant_id = new.tenant_id and a.project_id <> new.project_id
          and a.ip between mesh_first(new.sub_range) and mesh_last(new.sub_range)
      )`,
  },
  {
    name: 'domain_mesh_ip_allocations_inside_check',
    fires: sql`after insert or update on domain_mesh_ip_allocations`,
    when: sql``,
    refused: sql`
      not exists (select from tenants t where t.id = new.tenant_id and mesh_host(new.ip, t.mesh_cidr))`,
  },
  {
    name: 'domain_mesh_ip_allocations_sub_range_check',
    fires: sql`after insert or update on domain_mesh_ip_allocations`,
    when: sql``,
    refused: sql`
      exists (
        select from project_mesh_ip_reservations r
        where r.tenant_id = new.tenant_id and r.project_id <> new.project_id and r.sub_range && new.ip
      )`,
  },
] as const;

async function createChecks(db: Kysely<unknown>): Promise<void> {
  await createArithmetic(db);
  const { rows } = await sql<{ schema: string }>`select current_schema() as schema`.execute(db);
  for (const { name, fires, when, refused } of CHECKS) {
    // A check sees every row of the tenant, whatever the project of the writer, and no temporary table in place of one here.
    await sql`
      create function ${sql.id(name)}() returns trigger language plpgsql security definer
      set search_path to ${sql.join(rows.map(({ schema }) => sql.id(schema)))}, pg_temp as $$
      begin
        if ${refused} then
          raise exception using errcode = '23514', constraint = ${sql.lit(name)}, table = tg_table_name,
            message = ${sql.lit(`violates ${name}`)};
        end if;
        return null;
      end
      $$`.execute(db);
    await sql`revoke execute on function ${sql.id(name)}() from public`.execute(db);
    await sql`
      create constraint trigger ${sql.id(name)} ${fires} for each row ${when}
      execute function ${sql.id(name)}()`.execute(db);
  }
}

/**
 * First and last address of a range as hosts, and whether an address is a host of it: IPv4 has two that are none, IPv6 one.
 * They are not strict, because PostgreSQL then puts their text in place of a call, which costs a hundredth.
 */
async function createArithmetic(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function mesh_first(range cidr) returns inet language sql immutable parallel safe
    return set_masklen(range::inet, case family(range) when 4 then 32 else 128 end)`.execute(db);
  await sql`
    create function mesh_last(range cidr) returns inet language sql immutable parallel safe
    return set_masklen(broadcast(range), case family(range) when 4 then 32 else 128 end)`.execute(db);
  await sql`
    create function mesh_host(ip inet, range cidr) returns boolean language sql immutable parallel safe
    return ip << range and ip <> mesh_first(range) and (family(range) = 6 or ip <> mesh_last(range))`.execute(db);
}

async function updatedAt(db: Kysely<unknown>, table: string): Promise<void> {
  await sql`
    create trigger ${sql.id(`${table}_set_updated_at`)} before update on ${sql.table(table)}
    for each row execute function set_updated_at()`.execute(db);
}

/** The extension stays: other schemas of the database may need it. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger tenants_mesh_cidr_in_use_check on tenants`.execute(db);
  for (const table of [
    'mesh_free_ranges',
    'domain_mesh_ip_allocations',
    'project_mesh_ip_reservations',
    'nodes',
    'resources',
  ])
    await sql`drop table ${sql.table(table)}`.execute(db);
  for (const { name } of CHECKS) await sql`drop function ${sql.id(name)}()`.execute(db);
  await sql`drop function mesh_host(inet, cidr)`.execute(db);
  await sql`drop function mesh_last(cidr)`.execute(db);
  await sql`drop function mesh_first(cidr)`.execute(db);
  await sql`
    alter table tenants
      drop constraint tenants_mesh_cidr_excl,
      drop column mesh_rest_seconds,
      drop column mesh_space,
      drop column mesh_cidr,
      drop column region`.execute(db);
}
