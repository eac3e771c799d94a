/** The range of each network, its lock, and the parts that projects have of it. What is free has statements of its own. */
import { sql } from 'kysely';
import type { Tx } from '../handles.ts';

/** Ends every wait for a lock after so many milliseconds, for the rest of the transaction: SQLSTATE 55P03. */
export async function lockNoLongerThan(tx: Tx, ms: number): Promise<void> {
  await sql`select set_config('lock_timeout', ${`${ms}ms`}, true)`.execute(tx);
}

/**
 * Locks the network of a tenant until the transaction ends: the last of the locks that a change of it takes. What is free is
 * to be read by a later statement, which sees what the holder before has committed.
 */
export async function lockNetwork(tx: Tx, tenantId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('mesh ' || ${tenantId}::uuid, 0))`.execute(tx);
}

/** Locks the network like `lockNetwork` if that needs no waiting, and tells whether it did. */
export async function lockIdleNetwork(tx: Tx, tenantId: string): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('mesh ' || ${tenantId}::uuid, 0)) as locked`.execute(tx);
  return rows[0]?.locked === true;
}
