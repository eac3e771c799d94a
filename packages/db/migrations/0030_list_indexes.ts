/**
 * Every filter of every list reads its page through an index, in the order of the page (packages/server/test/list-plans.test.ts).
 * A composite index ends with the columns of the order, so that what it replaces is a prefix of it. Where nearly all rows
 * have one value, the index has the others alone, and costs writes of those nothing.
 *
 * The tenants' role compares by row-level security first, and the planner hands an index only what cannot leak: equality of
 * texts, ids, numbers and times, but neither of enums nor of what a function makes of a column. An enum is therefore a
 * partial index, and an e-mail address is looked for by a function that runs as the owner.
 */
import { type Kysely, sql } from 'kysely';
import { TENANT_ROLE } from '../src/tenant-role.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await indexTenants(db);
  await indexIdentities(db);
  await indexAudit(db);
  await indexRows(db);
  await findUsersByEmail(db);
}

async function indexTenants(db: Kysely<unknown>): Promise<void> {
  // tenants.list by status and by kind.
  await sql`create index if not exists tenants_status_id_idx on tenants (status, id)`.execute(db);
  await sql`drop index tenants_status_idx`.execute(db);
  await sql`create index if not exists tenants_kind_id_idx on tenants (kind, id)`.execute(db);
  // projects.list by status: the active ones are bounded by a quota.
  await sql`
    create index if not exists tenant_projects_tenant_id_id_archived_idx on tenant_projects (tenant_id, id)
    where status = 'archived'`.execute(db);
}

async function indexIdentities(db: Kysely<unknown>): Promise<void> {
  // users.list by disabled.
  await sql`
    create index if not exists users_tenant_id_id_disabled_idx on users (tenant_id, id)
    where disabled_at is not null`.execute(db);
  // serviceIdentities.list by project, and the foreign key that the replaced index served.
  await sql`
    create index if not exists service_identities_tenant_id_project_id_id_idx
    on service_identities (tenant_id, project_id, id) where project_id is not null`.execute(db);
  await sql`drop index service_identities_tenant_id_project_id_idx`.execute(db);
  // groups.list by source.
  await sql`create index if not exists groups_tenant_id_source_id_idx on groups (tenant_id, source, id)`.execute(db);
  // apiKeys.list without the revoked ones, which is what it does unless told otherwise: they are most in time.
  await sql`
    create index if not exists api_keys_tenant_id_id_active_idx on api_keys (tenant_id, id)
    where revoked_at is null`.execute(db);
  // apiKeys.list by the key that made them, and the walk over such keys that the replaced index served.
  await sql`
    create index if not exists api_keys_tenant_id_created_by_key_id_id_idx
    on api_keys (tenant_id, created_by_key_id, id) where created_by_key_id is not null`.execute(db);
  await sql`drop index api_keys_tenant_id_created_by_key_id_idx`.execute(db);
}

async function indexAudit(db: Kysely<unknown>): Promise<void> {
  // audit.list by origin over all tenants, in the words in which it is sorted when no equality is asked for.
  await sql`
    create index if not exists audit_log_origin_newest_idx
    on audit_log (origin, (created_at at time zone 'UTC') desc, id desc)`.execute(db);
  // audit.list for callers that are bound to a project.
  await sql`
    create index if not exists audit_log_project_id_created_at_id_idx
    on audit_log (project_id, created_at desc, id desc) where project_id is not null`.execute(db);
  // events.history for callers that are bound to a project, in the words in which the events of a tenant are sorted.
  await sql`
    create index if not exists events_project_id_position_idx on events (project_id, greatest(position, 0))
    where project_id is not null`.execute(db);
  // audit.listRetention and audit.listHolds, in the order of their pages.
  await sql`
    create index if not exists audit_retention_scope_idx
    on audit_retention (coalesce(tenant_id::text, ''), coalesce(product, ''))`.execute(db);
  await sql`
    create index if not exists audit_holds_scope_idx
    on audit_holds (coalesce(tenant_id::text, ''), coalesce(product, ''))`.execute(db);
}

async function indexRows(db: Kysely<unknown>): Promise<void> {
  // resources.list by kind.
  await sql`create index if not exists resources_tenant_id_kind_id_idx on resources (tenant_id, kind, id)`.execute(db);
  // databases.list without the deleted ones, of a tenant and of all; and by what operators ask for over all tenants.
  await sql`
    create index if not exists databases_tenant_id_id_active_idx on databases (tenant_id, id)
    where deleted_at is null`.execute(db);
  await sql`create index if not exists databases_id_active_idx on databases (id) where deleted_at is null`.execute(db);
  await sql`create index if not exists databases_tier_id_idx on databases (tier, id)`.execute(db);
  await sql`create index if not exists databases_owner_team_id_idx on databases (owner_team, id)`.execute(db);
  await sql`
    create index if not exists databases_project_id_id_idx on databases (project_id, id)
    where project_id is not null`.execute(db);
  // databases.list by a part of the name, like that of tenants (0029).
  await sql`
    create index if not exists databases_search_idx on databases
    using gin (search_grams(name, 1) collate "C") with (fastupdate = off)`.execute(db);
  // webhooks.listDeliveries by state; the pending ones have an index of their own, by which they are also worked off.
  await sql`
    create index if not exists webhook_deliveries_endpoint_id_state_position_id_idx
    on webhook_deliveries (endpoint_id, state, position, id) where state <> 'pending'`.execute(db);
  // webhooks.listDeliveries by type.
  await sql`
    create index if not exists webhook_deliveries_endpoint_id_event_type_position_id_idx
    on webhook_deliveries (endpoint_id, event_type, position, id)`.execute(db);
}

/** The ids of the tenant's users with the address; of no other tenant than the one in whose scope it is asked. */
async function findUsersByEmail(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function users_of_email(tenant uuid, address text) returns setof uuid language sql stable security definer rows 1
    set search_path from current
    as $$
      select id from users where tenant_id = tenant and lower(email) = lower(address)
        and (current_setting('role') <> ${sql.lit(TENANT_ROLE)}
          or tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    $$`.execute(db);
  await sql`revoke execute on function users_of_email(uuid, text) from public`.execute(db);
  await sql`grant execute on function users_of_email(uuid, text) to ${sql.id(TENANT_ROLE)}`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop function users_of_email(uuid, text)`.execute(db);
  await sql`create index tenants_status_idx on tenants (status)`.execute(db);
  await sql`
    create index service_identities_tenant_id_project_id_idx on service_identities (tenant_id, project_id)
    where project_id is not null`.execute(db);
  await sql`
    create index api_keys_tenant_id_created_by_key_id_idx on api_keys (tenant_id, created_by_key_id)
    where created_by_key_id is not null`.execute(db);
  for (const index of [
    'webhook_deliveries_endpoint_id_event_type_position_id_idx',
    'webhook_deliveries_endpoint_id_state_position_id_idx',
    'databases_search_idx',
    'databases_project_id_id_idx',
    'databases_owner_team_id_idx',
    'databases_tier_id_idx',
    'databases_id_active_idx',
    'databases_tenant_id_id_active_idx',
    'resources_tenant_id_kind_id_idx',
    'audit_holds_scope_idx',
    'audit_retention_scope_idx',
    'events_project_id_position_idx',
    'audit_log_project_id_created_at_id_idx',
    'audit_log_origin_newest_idx',
    'api_keys_tenant_id_created_by_key_id_id_idx',
    'api_keys_tenant_id_id_active_idx',
    'groups_tenant_id_source_id_idx',
    'service_identities_tenant_id_project_id_id_idx',
    'users_tenant_id_id_disabled_idx',
    'tenant_projects_tenant_id_id_archived_idx',
    'tenants_kind_id_idx',
    'tenants_status_id_idx',
  ])
    await sql`drop index ${sql.id(index)}`.execute(db);
}
