// engine: postgres
/** Signing, while another process seals without a pause. */
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
