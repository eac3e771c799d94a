/** Every statement about entitlements, the products that a tenant may use. */
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { TenantProducts } from '../schema.ts';
import { json } from '../types.ts';

const shown = ['tenant_id', 'product', 'source', 'config', 'starts_at', 'ends_at', 'created_at', 'updated_at'] as const;

export type EntitlementRow = Pick<Selectable<TenantProducts>, (typeof shown)[number]>;

export type NewEntitlement = Omit<Insertable<TenantProducts>, 'config' | 'ended_at'> & {
  config?: Record<string, unknown>;
};

export type EntitlementChanges = Omit<Updateable<TenantProducts>, 'tenant_id' | 'product' | 'config' | 'ended_at'> & {
  config?: Record<string, unknown>;
};

/** Identifies an entitlement. */
export interface EntitlementKey {
  readonly tenant_id: string;
  readonly product: string;
}

export function findEntitlement(db: Db, { tenant_id, product }: EntitlementKey): Promise<EntitlementRow | undefined> {
  return db
    .selectFrom('tenant_products')
    .select(shown)
    .where('tenant_id', '=', tenant_id)
    .where('product', '=', product)
    .executeTakeFirst();
}

export function lockEntitlement(tx: Tx, { tenant_id, product }: EntitlementKey): Promise<EntitlementRow | undefined> {
  return tx
    .selectFrom('tenant_products')
    .select(shown)
    .where('tenant_id', '=', tenant_id)
    .where('product', '=', product)
    .forUpdate()
    .executeTakeFirst();
}

/** Lists a tenant's entitlements, running or not, by product. */
export function listEntitlements(db: Db, tenantId: string): Promise<EntitlementRow[]> {
  return db.selectFrom('tenant_products').select(shown).where('tenant_id', '=', tenantId).orderBy('product').execute();
}

export function insertEntitlement(tx: Tx, { config = {}, ...entitlement }: NewEntitlement): Promise<EntitlementRow> {
  return tx
    .insertInto('tenant_products')
    .values({ ...entitlement, config: json(config), updated_at: entitlement.created_at })
    .returning(shown)
    .executeTakeFirstOrThrow();
}

/**
 * Inserts an entitlement, or replaces the terms of an existing one, also of one that another transaction inserts at
 * this moment.
 */
export function insertOrUpdateEntitlement(
  tx: Tx,
  { config = {}, ...entitlement }: NewEntitlement,
): Promise<EntitlementRow> {
  return tx
    .insertInto('tenant_products')
    .values({ ...entitlement, config: json(config), updated_at: entitlement.created_at })
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'product']).doUpdateSet((eb) => ({
        source: eb.ref('excluded.source'),
        config: eb.ref('excluded.config'),
        starts_at: eb.ref('excluded.starts_at'),
        ends_at: eb.ref('excluded.ends_at'),
        ended_at: null,
      })),
    )
    .returning(shown)
    .executeTakeFirstOrThrow();
}

/** Changes the terms. New terms begin a new run, so the end of the old one, if it was reported, is forgotten. */
export function updateEntitlement(
  tx: Tx,
  { tenant_id, product }: EntitlementKey,
  { config, ...changes }: EntitlementChanges,
): Promise<EntitlementRow> {
  return tx
    .updateTable('tenant_products')
    .set({ ...changes, ended_at: null, ...(config === undefined ? {} : { config: json(config) }) })
    .where('tenant_id', '=', tenant_id)
    .where('product', '=', product)
    .returning(shown)
    .executeTakeFirstOrThrow();
}

export function deleteEntitlement(tx: Tx, { tenant_id, product }: EntitlementKey): Promise<EntitlementRow | undefined> {
  return tx
    .deleteFrom('tenant_products')
    .where('tenant_id', '=', tenant_id)
    .where('product', '=', product)
    .returning(shown)
    .executeTakeFirst();
}

/**
 * Marks up to `limit` trials that ended by `now` as reported, and returns them: each goes to one of several callers. It
 * locks the tenants too, before audit rows refer to them, because the deletion of a tenant locks the tenant before its
 * entitlements. Rows that other transactions hold are left for the next call, so it never waits and cannot deadlock.
 */
export async function claimEndedTrials(tx: Tx, now: Date, limit: number): Promise<EntitlementRow[]> {
  const { rows } = await sql<EntitlementRow>`
    with due as materialized (
      select p.tenant_id, p.product
      from tenant_products as p join tenants as t on t.id = p.tenant_id
      where p.source = 'trial' and p.ended_at is null and p.ends_at <= ${now.toISOString()}::timestamptz
      order by p.ends_at
      limit ${limit}
      for update of p skip locked
      for key share of t skip locked
    )
    update tenant_products as p set ended_at = ${now.toISOString()}::timestamptz
    from due where p.tenant_id = due.tenant_id and p.product = due.product
    returning ${sql.join(shown.map((column) => sql.ref(`p.${column}`)))}`.execute(tx);
  return rows;
}
