/**
 * Groups, in which users, service identities and other groups are. A group is kept by hand, or it mirrors a claim value of
 * an identity provider. Edges between groups come from two tables, memberships of groups and group_parents, and mean one
 * thing: whoever is in the child is in the parent. Every rule that a statement could break stands here, by the name that
 * callers get their error for: one principal for each membership, each edge once, no group in itself, and no membership
 * of another source than its group's.
 */
import { type Kysely, sql } from 'kysely';
import { isolateTenantTable } from './steps/tenant-table.v1.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table groups (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      slug text not null,
      display_name text not null,
      source text not null default 'manual',
      idp_config_id uuid,
      idp_claim_value text,
      tenant_role text,
      provisioned_by text not null default 'api',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint groups_pkey primary key (id),
      constraint groups_tenant_id_id_key unique (tenant_id, id),
      constraint groups_domain_slug_uq unique (tenant_id, slug),
      constraint groups_slug_check check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(slug) <= 64),
      constraint groups_source_check check (source in ('manual', 'idp')),
      constraint groups_source_idp_requires_binding check (
        case source
          when 'idp' then idp_config_id is not null and idp_claim_value is not null
          else idp_config_id is null and idp_claim_value is null
        end
      ),
      constraint groups_tenant_role_check check (tenant_role in ('admin', 'billing', 'member')),
      constraint groups_provisioned_by_check check (provisioned_by in ('api', 'scim')),
      constraint groups_tenant_id_idp_config_id_idp_claim_value_key unique (tenant_id, idp_config_id, idp_claim_value),
      constraint groups_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete restrict,
      constraint groups_tenant_id_idp_config_id_fkey foreign key (tenant_id, idp_config_id)
        references tenant_idp_config (tenant_id, id) on delete restrict
    )`.execute(db);
  await sql`
    create trigger groups_set_updated_at before update on groups
    for each row execute function set_updated_at()`.execute(db);
  await isolateTenantTable(db, {
    table: 'groups',
    grants: 'select, insert, update (slug, display_name, tenant_role, updated_at), delete',
  });

  await sql`
    create table group_memberships (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      group_id uuid not null,
      principal_user_id uuid,
      principal_service_identity_id uuid,
      principal_group_id uuid,
      source text not null default 'manual',
      created_at timestamptz not null default now(),
      constraint group_memberships_pkey primary key (id),
      constraint group_memberships_principal_xor
        check (num_nonnulls(principal_user_id, principal_service_identity_id, principal_group_id) = 1),
      constraint group_memberships_no_self_member check (principal_group_id <> group_id),
      constraint group_memberships_source_check check (source in ('manual', 'idp')),
      constraint group_memberships_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete restrict,
      constraint group_memberships_tenant_id_group_id_fkey foreign key (tenant_id, group_id)
        references groups (tenant_id, id) on delete cascade,
      constraint group_memberships_tenant_id_principal_user_id_fkey foreign key (tenant_id, principal_user_id)
        references users (tenant_id, id) on delete cascade,
      constraint group_memberships_tenant_id_principal_service_identity_id_fkey
        foreign key (tenant_id, principal_service_identity_id)
        references service_identities (tenant_id, id) on delete cascade,
      constraint group_memberships_tenant_id_principal_group_id_fkey foreign key (tenant_id, principal_group_id)
        references groups (tenant_id, id) on delete cascade
    )`.execute(db);
  // An absent principal counts as the zero UUID: otherwise no two edges with nulls would ever be equal.
  const none = sql`'00000000-0000-0000-0000-000000000000'::uuid`;
  await sql`
    create unique index group_memberships_unique_edge on group_memberships (
      group_id,
      coalesce(principal_user_id, ${none}),
      coalesce(principal_service_identity_id, ${none}),
      coalesce(principal_group_id, ${none})
    )`.execute(db);
  for (const kind of ['user', 'service_identity', 'group']) {
    const column = sql.ref(`principal_${kind}_id`);
    await sql`
      create index ${sql.id(`group_memberships_principal_${kind}_id_idx`)} on group_memberships (${column})
      include (group_id) where ${column} is not null`.execute(db);
    // Who of a kind is in a group. Under row-level security the unique edge does not serve that: the planner takes the
    // coalesce in it for something that could tell of another tenant's rows.
    await sql`
      create index ${sql.id(`group_memberships_group_id_principal_${kind}_id_idx`)} on group_memberships (group_id, ${column})
      where ${column} is not null`.execute(db);
  }
  await sql`
    create index group_memberships_tenant_id_group_id_id_idx on group_memberships (tenant_id, group_id, id)`.execute(
    db,
  );
  // A group that is not there, or not this tenant's, is left to the foreign key and the policy to refuse.
  await sql`
    create function check_group_membership_source() returns trigger language plpgsql as $$
    begin
      if exists (
        select from groups where tenant_id = new.tenant_id and id = new.group_id and source <> new.source
      ) then
        raise exception 'a membership has the source of its group'
          using errcode = '23514', constraint = 'group_memberships_source_matches_parent',
            table = 'group_memberships', schema = tg_table_schema;
      end if;
      return new;
    end
    $$`.execute(db);
  await sql`
    create trigger group_memberships_source_matches_tg before insert or update on group_memberships
    for each row execute function check_group_membership_source()`.execute(db);
  await isolateTenantTable(db, { table: 'group_memberships', grants: 'select, insert, delete' });

  await sql`
    create table group_parents (
      tenant_id uuid not null,
      parent_id uuid not null,
      child_id uuid not null,
      created_at timestamptz not null default now(),
      constraint group_parents_pkey primary key (parent_id, child_id),
      constraint group_parents_no_self_parent check (parent_id <> child_id),
      constraint group_parents_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete restrict,
      constraint group_parents_tenant_id_parent_id_fkey foreign key (tenant_id, parent_id)
        references groups (tenant_id, id) on delete cascade,
      constraint group_parents_tenant_id_child_id_fkey foreign key (tenant_id, child_id)
        references groups (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`create index group_parents_child_id_idx on group_parents (child_id) include (parent_id)`.execute(db);
  await sql`create index group_parents_tenant_id_idx on group_parents (tenant_id)`.execute(db);
  await isolateTenantTable(db, { table: 'group_parents', grants: 'select, insert, delete' });

  // The groups that a principal is in, directly or through others, each with its least distance. Each group is visited
  // once, so a dense graph costs no more than its edges, and the walk ends at 32 steps whatever the rows say. Each step
  // is a statement, which would take three times as long if it were planned anew for the groups of the step.
  await sql`
    create function groups_of_principal(user_id uuid, service_identity_id uuid)
    returns table (group_id uuid, depth integer) language plpgsql stable set plan_cache_mode = 'force_generic_plan' as $$
    declare
      reached uuid[] := '{}';
      depths integer[] := '{}';
      frontier uuid[] := array(
        select m.group_id from group_memberships m where m.principal_user_id = $1
        union
        select m.group_id from group_memberships m where m.principal_service_identity_id = $2
      );
    begin
      for step in 1..32 loop
        exit when cardinality(frontier) = 0;
        reached := reached || frontier;
        depths := depths || array_fill(step, array[cardinality(frontier)]);
        frontier := array(
          select e.parent_id
          from unnest(frontier) f cross join lateral (
            select m.group_id as parent_id from group_memberships m where m.principal_group_id = f
            union all
            select p.parent_id from group_parents p where p.child_id = f
          ) e
          except
          select r from unnest(reached) r
        );
      end loop;
      return query select * from unnest(reached, depths);
    end
    $$`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop function groups_of_principal(uuid, uuid)`.execute(db);
  for (const table of ['group_parents', 'group_memberships', 'groups'])
    await sql`drop table ${sql.table(table)}`.execute(db);
  await sql`drop function check_group_membership_source()`.execute(db);
}
