/** Every statement about the requests of tenants: for products, and for trials of products. */
import type { Insertable, Selectable } from 'kysely';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import { type CatalogRequests, type CatalogRequestsState, columns } from '../schema.ts';

export type CatalogRequestRow = Selectable<CatalogRequests>;

export interface CatalogRequestFilter {
  readonly tenant_id?: string | undefined;
  readonly state?: CatalogRequestsState | undefined;
}

export interface CatalogDecision {
  readonly state: 'granted' | 'rejected';
  readonly decided_by: string;
  readonly decided_at: Date;
}

export const findCatalogRequest = fixedRow('find_catalog_request', (db, id: string) =>
  db.selectFrom('catalog_requests').select(columns.catalog_requests).where('id', '=', id),
);

export function lockCatalogRequest(tx: Tx, id: string): Promise<CatalogRequestRow | undefined> {
  return tx.selectFrom('catalog_requests').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

export function listCatalogRequests(
  db: Db,
  { tenant_id, state }: CatalogRequestFilter,
  page: PageRequest,
): Promise<CatalogRequestRow[]> {
  return keyset(db.selectFrom('catalog_requests').selectAll(), ['id'], page)
    .$if(tenant_id !== undefined, (query) => query.where('tenant_id', '=', tenant_id as string))
    .$if(state !== undefined, (query) => query.where('state', '=', state as CatalogRequestsState))
    .execute();
}

export function insertCatalogRequest(tx: Tx, request: Insertable<CatalogRequests>): Promise<CatalogRequestRow> {
  return tx
    .insertInto('catalog_requests')
    .values({ ...request, updated_at: request.created_at })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function updateCatalogRequest(tx: Tx, id: string, decision: CatalogDecision): Promise<CatalogRequestRow> {
  return tx.updateTable('catalog_requests').set(decision).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}
