/** Claims on idempotency keys: the holder of the claim may do the work of a repeated request. */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { IdempotencyKeys } from '../schema.ts';

export type IdempotencyRow = Selectable<IdempotencyKeys>;

export interface IdempotencyClaim {
  readonly principal: string;
  readonly key: string;
  readonly request_hash: string;
  /** Fences the claim: a process that takes the key over has another id. */
  readonly claim_id: string;
}

/**
 * Claims the key and tells whether that worked. A key is free when it is unknown, when it expired, or when its process
 * died before the commit: its lease is then over, and only an equal request may take the work over.
 */
export async function claimIdempotencyKey(
  db: Db,
  claim: IdempotencyClaim,
  { now, leaseUntil, expiredBefore }: { now: Date; leaseUntil: Date; expiredBefore: Date },
): Promise<boolean> {
  const row = await db
    .insertInto('idempotency_keys')
    .values({ ...claim, lease_until: leaseUntil, created_at: now })
    .onConflict((conflict) =>
      conflict
        .columns(['principal', 'key'])
        .doUpdateSet({
          request_hash: claim.request_hash,
          claim_id: claim.claim_id,
          lease_until: leaseUntil,
          created_at: now,
          committed_at: null,
          body: null,
        })
        .where((eb) =>
          eb.or([
            eb('idempotency_keys.created_at', '<', expiredBefore.toISOString()),
            eb.and([
              eb('idempotency_keys.committed_at', 'is', null),
              eb('idempotency_keys.lease_until', '<', now.toISOString()),
              eb('idempotency_keys.request_hash', '=', claim.request_hash),
            ]),
          ]),
        ),
    )
    .returning('claim_id')
    .executeTakeFirst();
  return row !== undefined;
}

export function findIdempotencyKey(db: Db, principal: string, key: string): Promise<IdempotencyRow | undefined> {
  return db
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('principal', '=', principal)
    .where('key', '=', key)
    .executeTakeFirst();
}

/**
 * Marks the work as done, inside the transaction that does it. False when another process has taken the key over: the
 * work must then not commit.
 */
export async function touchIdempotencyCommit(tx: Tx, claim: IdempotencyClaim, at: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('idempotency_keys')
    .set({ committed_at: at })
    .where('principal', '=', claim.principal)
    .where('key', '=', claim.key)
    .where('claim_id', '=', claim.claim_id)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Keeps the answer, as JSON text, for replays. */
export async function updateIdempotencyAnswer(db: Db, claim: IdempotencyClaim, body: string, at: Date): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({ body, committed_at: sql`coalesce(committed_at, ${at.toISOString()}::timestamptz)` })
    .where('principal', '=', claim.principal)
    .where('key', '=', claim.key)
    .where('claim_id', '=', claim.claim_id)
    .execute();
}

/** Gives the key back: the work failed and wrote nothing. */
export async function deleteIdempotencyClaim(db: Db, claim: IdempotencyClaim): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('principal', '=', claim.principal)
    .where('key', '=', claim.key)
    .where('claim_id', '=', claim.claim_id)
    .where('committed_at', 'is', null)
    .execute();
}

/** Deletes up to `limit` keys that expired and returns how many. Rows that another replica is deleting are passed over. */
export async function deleteExpiredIdempotencyKeys(db: Db, expiredBefore: Date, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from idempotency_keys where (principal, key) in (
      select principal, key from idempotency_keys where created_at < ${expiredBefore.toISOString()}
      order by created_at limit ${limit} for update skip locked)`.execute(db);
  return Number(numAffectedRows);
}
