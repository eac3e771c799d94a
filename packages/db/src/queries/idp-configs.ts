/** Every statement about SSO configurations. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import type { TenantIdpConfig, TenantIdpConfigStatus } from '../schema.ts';
import { json } from '../types.ts';

export type IdpConfigRow = Selectable<TenantIdpConfig>;

type Objects = { metadata: Record<string, unknown>; claim_mappings: Record<string, unknown> };
type Summary = { saml_summary: Record<string, unknown> | null };
type Written = keyof Objects | keyof Summary;
export type NewIdpConfig = Omit<Insertable<TenantIdpConfig>, Written> & Objects & Partial<Summary>;
export type IdpConfigChanges = Omit<Updateable<TenantIdpConfig>, Written> & Partial<Objects & Summary>;

export interface IdpConfigFilter {
  readonly tenant_id: string;
  readonly status?: TenantIdpConfigStatus | undefined;
}

export function findIdpConfig(db: Db, id: string): Promise<IdpConfigRow | undefined> {
  return db.selectFrom('tenant_idp_config').selectAll().where('id', '=', id).executeTakeFirst();
}

export function lockIdpConfig(tx: Tx, id: string): Promise<IdpConfigRow | undefined> {
  return tx.selectFrom('tenant_idp_config').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

export function listIdpConfigs(
  db: Db,
  { tenant_id, status }: IdpConfigFilter,
  page: PageRequest,
): Promise<IdpConfigRow[]> {
  return keyset(db.selectFrom('tenant_idp_config').selectAll(), ['id'], page)
    .where('tenant_id', '=', tenant_id)
    .$if(status !== undefined, (query) => query.where('status', '=', status as TenantIdpConfigStatus))
    .execute();
}

export function insertIdpConfig(
  tx: Tx,
  { metadata, claim_mappings, saml_summary = null, ...config }: NewIdpConfig,
): Promise<IdpConfigRow> {
  return tx
    .insertInto('tenant_idp_config')
    .values({
      ...config,
      metadata: json(metadata),
      claim_mappings: json(claim_mappings),
      saml_summary: jsonOrNull(saml_summary),
      updated_at: config.created_at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function updateIdpConfig(
  tx: Tx,
  id: string,
  { metadata, claim_mappings, saml_summary, ...changes }: IdpConfigChanges,
): Promise<IdpConfigRow> {
  return tx
    .updateTable('tenant_idp_config')
    .set({
      ...changes,
      ...(metadata === undefined ? {} : { metadata: json(metadata) }),
      ...(claim_mappings === undefined ? {} : { claim_mappings: json(claim_mappings) }),
      ...(saml_summary === undefined ? {} : { saml_summary: jsonOrNull(saml_summary) }),
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

function jsonOrNull(value: Record<string, unknown> | null) {
  return value === null ? null : json(value);
}
