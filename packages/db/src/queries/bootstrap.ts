/** Whether an operator made the first credentials of this registry already. */
import { sql } from 'kysely';
import type { Tx } from '../handles.ts';

/** Keeps every other bootstrap out until the transaction ends. */
export async function lockBootstrap(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('bootstrap', 0))`.execute(tx);
}

/** Resolves to the time of the platform's audit row with this action, the newest if there are several. */
export async function findBootstrap(tx: Tx, action: string): Promise<{ readonly created_at: string } | undefined> {
  return tx
    .selectFrom('audit_log')
    .select('created_at')
    .where('action', '=', action)
    .where('tenant_id', 'is', null)
    .where('origin', '=', 'registry')
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}
