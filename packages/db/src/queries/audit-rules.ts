/** Statements about how long audit rows are kept, and which of them nobody may touch. */
import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { PageRequest } from '../keyset.ts';
import type { AuditHolds, AuditRetention } from '../schema.ts';

export type RetentionRow = Selectable<AuditRetention>;
export type HoldRow = Selectable<AuditHolds>;

/** What a rule or a hold is about; null: all of them. */
export interface AuditScope {
  readonly tenant_id: string | null;
  readonly product: string | null;
}

/** SQL: the scope of a row as columns that sort, in the words of their index; no id and no product is empty. */
const scopeKey = sql`coalesce(tenant_id::text, ''), coalesce(product, '')`;

const isScope = ({ tenant_id, product }: AuditScope) =>
  sql<SqlBool>`tenant_id is not distinct from ${tenant_id}::uuid and product is not distinct from ${product}::text`;

/** SQL: the row is about this value, or about all. */
const isAbout = (column: keyof AuditScope, value: string | null) =>
  sql<SqlBool>`(${sql.ref(column)} is null or ${sql.ref(column)} = ${value})`;

/** SQL: the row is of this scope, or of a wider one. */
const isOver = ({ tenant_id, product }: AuditScope) =>
  sql<SqlBool>`${isAbout('tenant_id', tenant_id)} and ${isAbout('product', product)}`;

const afterKey = (after: readonly string[] | undefined) =>
  after === undefined ? sql<SqlBool>`true` : sql<SqlBool>`(${scopeKey}) > (${sql.join(after)})`;

/** In the order of their scopes, the widest first. */
export function listRetention(db: Db, { limit, after }: PageRequest): Promise<RetentionRow[]> {
  return db
    .selectFrom('audit_retention')
    .selectAll()
    .where(afterKey(after))
    .orderBy(scopeKey)
    .limit(limit + 1)
    .execute();
}

/** Returns the rules for the rows of a log, whatever their product. */
export function listRetentionOfLog(db: Db, log: string): Promise<RetentionRow[]> {
  return db.selectFrom('audit_retention').selectAll().where(isAbout('tenant_id', log)).execute();
}

/** Returns the rules of a scope and of wider ones. */
export function listRetentionOver(db: Db, scope: AuditScope): Promise<RetentionRow[]> {
  return db.selectFrom('audit_retention').selectAll().where(isOver(scope)).execute();
}

/** Sets the rule of a scope. */
export async function insertRetention(tx: Tx, rule: AuditScope & { days: number; updated_at: Date }): Promise<void> {
  await tx
    .insertInto('audit_retention')
    .values(rule)
    .onConflict((conflict) =>
      conflict
        .constraint('audit_retention_tenant_id_product_key')
        .doUpdateSet((eb) => ({ days: eb.ref('excluded.days'), updated_at: eb.ref('excluded.updated_at') })),
    )
    .execute();
}

/** Returns whether there was a rule. */
export async function deleteRetention(tx: Tx, scope: AuditScope): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('audit_retention').where(isScope(scope)).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Has the logs that a rule is about lose old rows next, from their beginning. It follows `lockAuditHead` of audit-sealing.ts. */
export async function updateLogsDue(tx: Tx, { tenant_id }: Pick<AuditScope, 'tenant_id'>, now: Date): Promise<void> {
  await tx
    .updateTable('audit_logs')
    .set({ prune_at: now, prune_from: 0 })
    .$if(tenant_id !== null, (query) => query.where('tenant_id', '=', tenant_id))
    .execute();
}

/** Keeps holds from being placed and released until the transaction ends. */
export async function lockHolds(tx: Tx): Promise<void> {
  await sql`lock table audit_holds in share mode`.execute(tx);
}

/** In the order of their scopes, those of all tenants first. */
export function listHolds(db: Db, { limit, after }: PageRequest): Promise<HoldRow[]> {
  return db
    .selectFrom('audit_holds')
    .selectAll()
    .where(afterKey(after))
    .orderBy(scopeKey)
    .limit(limit + 1)
    .execute();
}

/** Returns the holds of a log's rows, whatever their product. */
export function listHoldsOfLog(db: Db, log: string): Promise<HoldRow[]> {
  return db.selectFrom('audit_holds').selectAll().where(isAbout('tenant_id', log)).execute();
}

/** Returns a hold of all that lies in the scope. */
export function findHoldOver(db: Db, scope: AuditScope): Promise<HoldRow | undefined> {
  return db.selectFrom('audit_holds').selectAll().where(isOver(scope)).limit(1).executeTakeFirst();
}

/** Returns a hold that could cover rows of a log, of one product or, for null, of any. */
export function findHoldWithin(
  db: Db,
  { tenant_id, product }: { readonly tenant_id: string; readonly product: string | null },
): Promise<HoldRow | undefined> {
  return db
    .selectFrom('audit_holds')
    .selectAll()
    .where(isAbout('tenant_id', tenant_id))
    .$if(product !== null, (query) => query.where(isAbout('product', product)))
    .limit(1)
    .executeTakeFirst();
}

export function insertHold(tx: Tx, hold: AuditScope & { reason: string; created_at: Date }): Promise<HoldRow> {
  return tx.insertInto('audit_holds').values(hold).returningAll().executeTakeFirstOrThrow();
}

/** Returns whether there was a hold. */
export async function deleteHold(tx: Tx, scope: AuditScope): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('audit_holds').where(isScope(scope)).executeTakeFirst();
  return numDeletedRows > 0n;
}
