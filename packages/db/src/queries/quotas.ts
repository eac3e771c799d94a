/** How many of the things that are limited in number a tenant has in use. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';

/** Counts the active projects. */
export async function findProjectsInUse(db: Db, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from tenant_projects where tenant_id = ${tenantId} and status = 'active'`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Counts the keys that are not revoked and have not expired by `now`: two ranges of one index. */
export async function findApiKeysInUse(db: Db, tenantId: string, now: Date): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select
      (select count(*) from api_keys where tenant_id = ${tenantId} and revoked_at is null and expires_at is null)
      + (select count(*) from api_keys where tenant_id = ${tenantId} and revoked_at is null
          and expires_at > ${now.toISOString()}::timestamptz) as n`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Counts the configurations that are not deactivated. */
export async function findIdpConfigsInUse(db: Db, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from tenant_idp_config where tenant_id = ${tenantId} and status <> 'deactivated'`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Counts the service identities that are not deactivated. */
export async function findServiceIdentitiesInUse(db: Db, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from service_identities where tenant_id = ${tenantId} and disabled_at is null`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Counts the trust bundles. */
export async function findTrustBundlesInUse(db: Db, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from spiffe_trust_bundles where tenant_id = ${tenantId}`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Counts the users that are not deleted, deactivated ones too: each may be activated again. */
export async function findUsersInUse(db: Db, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from users where tenant_id = ${tenantId} and deleted_at is null`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Counts the schemas of configurations that are not deleted. */
export async function findConfigSchemasInUse(db: Db, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from config_schemas where tenant_id = ${tenantId} and deleted_at is null`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Counts the resources. */
export async function findResourcesInUse(db: Db, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from resources where tenant_id = ${tenantId}`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Counts the nodes, deregistered ones too: they stay until they are deleted. */
export async function findNodesInUse(db: Db, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from nodes where tenant_id = ${tenantId}`.execute(db);
  return rows[0]?.n ?? 0;
}
