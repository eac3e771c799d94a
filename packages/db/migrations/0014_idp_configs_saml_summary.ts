/**
 * The facts that the registry read from SAML metadata when they were written: entity id, addresses of the single
 * sign-on services, certificates with their validity. Parsing a document of a tenant costs tens of milliseconds, so it
 * is done once for each document and not for each verification. The column is null for OIDC and for rows from before
 * it.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table tenant_idp_config
      add column saml_summary jsonb,
      add constraint tenant_idp_config_saml_summary_check
        check (saml_summary is null or (kind = 'saml' and jsonb_typeof(saml_summary) = 'object'))`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table tenant_idp_config
      drop constraint tenant_idp_config_saml_summary_check,
      drop column saml_summary`.execute(db);
}
