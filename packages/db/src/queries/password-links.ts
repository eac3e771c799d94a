/**
 * Every statement about one-time links to set a password. The database keeps a hash of the token alone. Tenants have no
 * rights on the table: neither handle nor transaction may be confined to one.
 */
import { sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';

export interface NewPasswordLink {
  readonly tenant_id: string;
  readonly user_id: string;
  /** SHA-256 of the token. */
  readonly token_hash: Uint8Array;
  readonly created_at: Date;
  readonly expires_at: Date;
}

/** Keeps the link of a user. An older one of the user's is good for nothing from then on. */
export async function insertPasswordLink(tx: Tx, link: NewPasswordLink): Promise<void> {
  const { token_hash, created_at, expires_at } = link;
  await tx
    .insertInto('password_links')
    .values(link)
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ token_hash, created_at, expires_at }))
    .execute();
}

/** Takes the link of a user away, and tells whether there was one. */
export async function deletePasswordLink(tx: Tx, userId: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('password_links').where('user_id', '=', userId).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Returns the owner of a link that has not expired by `now`, and does not use the link up. */
export function findPasswordLink(db: Db, tokenHash: Uint8Array, now: Date) {
  return db
    .selectFrom('password_links')
    .select(['user_id', 'tenant_id'])
    .where('token_hash', '=', tokenHash)
    .where('expires_at', '>', now.toISOString())
    .executeTakeFirst();
}

/** Uses a link up that has not expired by `now`: of several callers one gets its user, the others undefined. */
export function claimPasswordLink(tx: Tx, tokenHash: Uint8Array, now: Date) {
  return tx
    .deleteFrom('password_links')
    .where('token_hash', '=', tokenHash)
    .where('expires_at', '>', now.toISOString())
    .returning(['user_id', 'tenant_id'])
    .executeTakeFirst();
}

/** Deletes up to `limit` links that had expired by `now`, and returns how many. Rows that another replica is deleting are passed over. */
export async function deleteExpiredPasswordLinks(db: Db, now: Date, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from password_links where user_id in (
      select user_id from password_links where expires_at <= ${now.toISOString()}::timestamptz
      order by expires_at limit ${limit} for update skip locked)`.execute(db);
  return Number(numAffectedRows);
}
