// engine: postgres
/** Signing and sealing take turns, however much there is of either. */
import { auditSealing } from '@tenant-registry/db';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { checkpointsOf, sealAll } from '../../../../test/support/audit-log.ts';
import { newTenant, runWorker, testServer } from '../../../../test/support/server.ts';

const server = testServer({ auditSigningKeys: ['0a'.repeat(32)] });

test('a round of checkpoints waits for the batch that is being sealed, and then has its turn', async () => {
  const { id } = await newTenant(server);
  await sealAll(server);
  const sealing = await server.app.deps.db.startTransaction().execute();
  expect(await auditSealing.claimAuditHead(sealing)).toBe(true);
  let over = false;
  const round = runWorker(server, 'audit-checkpoint').then(() => {
    over = true;
  });
  const waiting = sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while (!over && (await waiting.execute(server.app.deps.db)).rows.length === 0);
  await sealing.commit().execute();
  await round;
  expect(await checkpointsOf(server, id)).toHaveLength(1);
});

test('between two batches of a round rows are sealed', async () => {
  const { db } = server.app.deps;
  await sql`
    with leaf as (
      insert into audit_leaves (tenant_id, index, event_id, hash, who_hash, what_hash)
      select gen_random_uuid(), 0, gen_random_uuid(), h, h, h
      from generate_series(1, 501), decode(repeat('07', 32), 'hex') as h returning tenant_id, hash
    ) insert into audit_logs (tenant_id, size, frontier) select tenant_id, 1, hash from leaf`.execute(db);
  await newTenant(server);
  server.clock.advance(60_000);
  // The log of all checkpoints is the last one.
  expect(await runWorker(server, 'audit-checkpoint')).toBeGreaterThanOrEqual(502);
  expect(await db.selectFrom('audit_unsealed').selectAll().execute()).toEqual([]);
});
