/** Every statement about trust bundles: the keys of SPIFFE trust domains that a tenant believes. */
import { type Selectable, sql } from 'kysely';
import type { DatabaseHandle } from '../database.ts';
import type { Db, Tx } from '../handles.ts';
import { type BytesRequest, keyset, type RowsWithin, rowsWithin } from '../keyset.ts';
import type { SpiffeTrustBundles } from '../schema.ts';
import { json } from '../types.ts';
import { OPEN_MARKS } from './principals.ts';
import type { PlacedMark } from './replica-leases.ts';

export type TrustBundleRow = Selectable<SpiffeTrustBundles>;

/** The one bundle of a trust domain in a tenant. */
export interface TrustBundleName {
  readonly tenant_id: string;
  readonly trust_domain: string;
}

export interface NewTrustBundle extends TrustBundleName {
  readonly id: string;
  /** A JSON Web Key Set. */
  readonly keys: Readonly<Record<string, unknown>>;
  readonly url: string | null;
  readonly created_at: Date;
}

/** Locks the bundle until the transaction ends. */
export function lockTrustBundle(
  tx: Tx,
  { tenant_id, trust_domain }: TrustBundleName,
): Promise<TrustBundleRow | undefined> {
  return tx
    .selectFrom('spiffe_trust_bundles')
    .selectAll()
    .where('tenant_id', '=', tenant_id)
    .where('trust_domain', '=', trust_domain)
    .forUpdate()
    .executeTakeFirst();
}

export function listTrustBundles(db: Db, tenantId: string, page: BytesRequest): Promise<RowsWithin<TrustBundleRow>> {
  const query = keyset(db.selectFrom('spiffe_trust_bundles').selectAll(), ['id'], page).where(
    'tenant_id',
    '=',
    tenantId,
  );
  return rowsWithin(db, query, { ...page, order: sql`id desc`, bytes: sql`octet_length(keys::text) + 3000` });
}

export function insertTrustBundle(tx: Tx, { keys, ...bundle }: NewTrustBundle): Promise<TrustBundleRow> {
  return tx
    .insertInto('spiffe_trust_bundles')
    .values({ ...bundle, keys: json(keys), updated_at: bundle.created_at })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function updateTrustBundle(
  tx: Tx,
  id: string,
  { keys, url }: Pick<NewTrustBundle, 'keys' | 'url'>,
): Promise<TrustBundleRow> {
  return tx
    .updateTable('spiffe_trust_bundles')
    .set({ keys: json(keys), url })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deleteTrustBundle(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('spiffe_trust_bundles').where('id', '=', id).execute();
}

/** The keys that a tenant believes for a trust domain; null while it believes none. */
export interface TrustedKeys {
  readonly tenant_id: string;
  readonly keys: Readonly<Record<string, unknown>> | null;
}

export interface FoundTrustedKeys {
  readonly trusted: TrustedKeys;
  readonly marks: readonly PlacedMark[];
}

const TRUSTED = `
  select t.id as tenant_id, b.keys, ${OPEN_MARKS} as marks
  from tenants t left join spiffe_trust_bundles b on b.tenant_id = t.id and b.trust_domain = $2
  where t.id = $1`;

/** Prepares the read behind the proof of every JWT-SVID. It gives undefined when there is no such tenant. */
export function prepareFindTrustedKeys(database: Pick<DatabaseHandle, 'prepare'>) {
  type Row = TrustedKeys & { readonly marks: PlacedMark[] | null };
  const find = database.prepare<Row>({ name: 'find_trusted_keys', text: TRUSTED });
  return async ({ tenant_id, trust_domain }: TrustBundleName): Promise<FoundTrustedKeys | undefined> => {
    const [row] = await find([tenant_id, trust_domain]);
    if (row === undefined) return undefined;
    const { marks, ...trusted } = row;
    return { trusted, marks: marks ?? [] };
  };
}
