/**
 * Programs of a tenant as principals of their own: known by a subject that an identity provider of the tenant or a SPIFFE
 * trust domain vouches for, or by API keys that they own. A key acts as one principal: a user, a service identity or,
 * with no owner, its tenant.
 */
import { type Kysely, sql } from 'kysely';
import { isolateTenantTable } from './steps/tenant-table.v1.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Tokens of a provider need its configuration; every token says for whom it was made.
  await sql`
    create table service_identities (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      project_id uuid,
      display_name text not null,
      federation_kind text not null,
      subject text not null,
      audience text,
      idp_config_id uuid,
      disabled_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint service_identities_pkey primary key (id),
      constraint service_identities_tenant_id_id_key unique (tenant_id, id),
      constraint service_identities_tenant_id_subject_key unique (tenant_id, subject),
      constraint service_identities_federation_kind_check
        check (federation_kind in ('oidc_cc', 'spiffe_svid', 'api_token')),
      constraint service_identities_issuer_check check ((federation_kind = 'oidc_cc') = (idp_config_id is not null)),
      constraint service_identities_audience_check check ((federation_kind = 'api_token') = (audience is null)),
      constraint service_identities_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete restrict,
      constraint service_identities_tenant_id_project_id_fkey foreign key (tenant_id, project_id)
        references tenant_projects (tenant_id, id) on delete cascade,
      constraint service_identities_tenant_id_idp_config_id_fkey foreign key (tenant_id, idp_config_id)
        references tenant_idp_config (tenant_id, id) on delete restrict
    )`.execute(db);
  await sql`
    create index service_identities_tenant_id_project_id_idx on service_identities (tenant_id, project_id)
    where project_id is not null`.execute(db);
  await sql`
    create index service_identities_tenant_id_idp_config_id_idx on service_identities (tenant_id, idp_config_id)
    where idp_config_id is not null`.execute(db);
  await sql`
    create trigger service_identities_set_updated_at before update on service_identities
    for each row execute function set_updated_at()`.execute(db);
  await isolateTenantTable(db, {
    table: 'service_identities',
    grants: 'select, insert, update (display_name, audience, disabled_at, updated_at)',
    projectColumn: 'project_id',
  });

  await sql`
    create table spiffe_trust_bundles (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      trust_domain text not null,
      keys jsonb not null,
      url text,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint spiffe_trust_bundles_pkey primary key (id),
      constraint spiffe_trust_bundles_tenant_id_trust_domain_key unique (tenant_id, trust_domain),
      constraint spiffe_trust_bundles_trust_domain_check check (trust_domain ~ '^[a-z0-9._-]{1,255}$'),
      constraint spiffe_trust_bundles_keys_check check (jsonb_typeof(keys) = 'object'),
      constraint spiffe_trust_bundles_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete restrict
    )`.execute(db);
  await sql`
    create trigger spiffe_trust_bundles_set_updated_at before update on spiffe_trust_bundles
    for each row execute function set_updated_at()`.execute(db);
  await isolateTenantTable(db, {
    table: 'spiffe_trust_bundles',
    grants: 'select, insert, update (keys, url, updated_at), delete',
  });

  await sql`
    alter table api_keys
      add column user_id uuid,
      add column service_identity_id uuid,
      add constraint api_keys_one_owner_check check (num_nonnulls(user_id, service_identity_id) <= 1),
      add constraint api_keys_tenant_id_user_id_fkey foreign key (tenant_id, user_id)
        references users (tenant_id, id) on delete cascade,
      add constraint api_keys_tenant_id_service_identity_id_fkey foreign key (tenant_id, service_identity_id)
        references service_identities (tenant_id, id) on delete cascade`.execute(db);
  await sql`
    create index api_keys_tenant_id_user_id_idx on api_keys (tenant_id, user_id, id)
    where user_id is not null`.execute(db);
  await sql`
    create index api_keys_tenant_id_service_identity_id_idx on api_keys (tenant_id, service_identity_id, id)
    where service_identity_id is not null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table api_keys
      drop constraint api_keys_tenant_id_service_identity_id_fkey,
      drop constraint api_keys_tenant_id_user_id_fkey,
      drop constraint api_keys_one_owner_check,
      drop column service_identity_id,
      drop column user_id`.execute(db);
  for (const table of ['spiffe_trust_bundles', 'service_identities'])
    await sql`drop table ${sql.table(table)}`.execute(db);
}
