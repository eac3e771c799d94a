/**
 * Who may do what in a project: a level, bound to a user, a service identity or a group, once for each of them and
 * project. The levels are an enum because their order is a rule of the database: the highest one counts.
 */
import { type Kysely, sql } from 'kysely';
import { isolateTenantTable } from './steps/tenant-table.v1.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create type role_level as enum ('viewer', 'editor', 'admin')`.execute(db);
  await sql`
    create table role_bindings (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      project_id uuid not null,
      user_id uuid,
      service_identity_id uuid,
      group_id uuid,
      level role_level not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint role_bindings_pkey primary key (id),
      constraint role_bindings_principal_check check (num_nonnulls(user_id, service_identity_id, group_id) = 1),
      constraint role_bindings_project_id_user_id_key unique (project_id, user_id),
      constraint role_bindings_project_id_service_identity_id_key unique (project_id, service_identity_id),
      constraint role_bindings_project_id_group_id_key unique (project_id, group_id),
      constraint role_bindings_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete restrict,
      constraint role_bindings_tenant_id_project_id_fkey foreign key (tenant_id, project_id)
        references tenant_projects (tenant_id, id) on delete cascade,
      constraint role_bindings_tenant_id_user_id_fkey foreign key (tenant_id, user_id)
        references users (tenant_id, id) on delete cascade,
      constraint role_bindings_tenant_id_service_identity_id_fkey foreign key (tenant_id, service_identity_id)
        references service_identities (tenant_id, id) on delete cascade,
      constraint role_bindings_tenant_id_group_id_fkey foreign key (tenant_id, group_id)
        references groups (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`
    create index role_bindings_tenant_id_project_id_id_idx on role_bindings (tenant_id, project_id, id)`.execute(db);
  for (const kind of ['user', 'service_identity', 'group']) {
    const column = sql.ref(`${kind}_id`);
    await sql`
      create index ${sql.id(`role_bindings_${kind}_id_idx`)} on role_bindings (${column}) where ${column} is not null`.execute(
      db,
    );
  }
  await sql`
    create trigger role_bindings_set_updated_at before update on role_bindings
    for each row execute function set_updated_at()`.execute(db);
  await isolateTenantTable(db, {
    table: 'role_bindings',
    grants: 'select, insert, update (level, updated_at), delete',
    projectColumn: 'project_id',
  });
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table role_bindings`.execute(db);
  await sql`drop type role_level`.execute(db);
}
