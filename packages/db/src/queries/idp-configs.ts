/** Every statement about SSO configurations. */
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import { type BytesRequest, keyset, type RowsWithin, rowsWithin } from '../keyset.ts';
import { columns, type TenantIdpConfig, type TenantIdpConfigStatus } from '../schema.ts';
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

export const findIdpConfig = fixedRow('find_idp_config', (db, id: string) =>
  db.selectFrom('tenant_idp_config').select(columns.tenant_idp_config).where('id', '=', id),
);

export function lockIdpConfig(tx: Tx, id: string): Promise<IdpConfigRow | undefined> {
  return tx.selectFrom('tenant_idp_config').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Locks the row against changes, but not against other shared locks: a deactivation waits for sign-ins through it. */
export function lockIdpConfigShared(tx: Tx, id: string): Promise<IdpConfigRow | undefined> {
  return tx.selectFrom('tenant_idp_config').selectAll().where('id', '=', id).forShare().executeTakeFirst();
}

const listed = [
  'id',
  'tenant_id',
  'kind',
  'alias',
  'issuer',
  'client_id',
  'client_secret_ref',
  'metadata',
  'claim_mappings',
  'required_acr',
  'required_amr',
  'jit_policy',
  'status',
  'verified_at',
  'version',
  'created_at',
  'updated_at',
] as const;

/** All that callers see of a configuration. */
export type ListedIdpConfig = Pick<IdpConfigRow, (typeof listed)[number]>;

export function listIdpConfigs(
  db: Db,
  { tenant_id, status }: IdpConfigFilter,
  page: BytesRequest,
): Promise<RowsWithin<ListedIdpConfig>> {
  const query = keyset(db.selectFrom('tenant_idp_config').select(listed), ['id'], page)
    .where('tenant_id', '=', tenant_id)
    .$if(status !== undefined, (each) => each.where('status', '=', status as TenantIdpConfigStatus));
  return rowsWithin(db, query, { ...page, ...size });
}

/** The short columns of a row take less than the constant. */
const size = {
  order: sql`id desc`,
  bytes: sql`octet_length(metadata::text) + octet_length(claim_mappings::text)
    + octet_length(array_to_string(required_acr || required_amr, '')) + 1500`,
};

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
