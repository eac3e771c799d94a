// engine: postgres
/** Changes that meet each other. Runs on PostgreSQL: PGlite has one connection, so no two changes can meet. */
import { tenants } from '@tenant-registry/db';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { tenantIn, testServer } from './support/server.ts';

const server = testServer();

test('a key can be revoked while its tenant is being deleted: one of the two is first, and neither fails', async () => {
  const { db } = server.app.deps;
  const tenant = await tenantIn(server, 'active');
  const { body: key } = await server.call('POST /v1/api-keys', { body: { tenant_id: tenant.id, name: 'k' } });
  const revocation = await db.transaction().execute(async (tx) => {
    await tenants.lockTenant(tx, tenant.id);
    const answer = server.call(`DELETE /v1/api-keys/${key.id}`);
    await somebodyWaits();
    await tenants.deleteTenant(tx, tenant.id);
    return { answer };
  });
  expect((await revocation.answer).status).toBe(404);
});

/** Resolves when some connection of this database waits for a lock. */
async function somebodyWaits(): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select from pg_stat_activity
      where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`.execute(server.app.deps.db);
    if (rows.length > 0) return;
  }
}
