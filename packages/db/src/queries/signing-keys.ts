/** Secrets shared by all replicas. */
import type { Db } from '../handles.ts';

/**
 * Returns the 32-byte secret for the purpose: the stored one, or `candidate` when there was none. Replicas that start
 * at once all get one answer, because the primary key lets only one insert win.
 */
export async function findOrInsertSigningKey(db: Db, purpose: string, candidate: Uint8Array): Promise<Uint8Array> {
  await db
    .insertInto('signing_keys')
    .values({ purpose, secret: candidate })
    .onConflict((conflict) => conflict.column('purpose').doNothing())
    .execute();
  const { secret } = await db
    .selectFrom('signing_keys')
    .select('secret')
    .where('purpose', '=', purpose)
    .executeTakeFirstOrThrow();
  return new Uint8Array(secret);
}
