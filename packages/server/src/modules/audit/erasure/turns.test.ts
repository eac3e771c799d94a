/** Logs and redactions have their turns: neither a long one nor one that fails keeps the others waiting. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { askToRedact, report, runToEnd } from '../../../../test/support/audit-erasure.ts';
import { sealAll } from '../../../../test/support/audit-log.ts';
import { DAY_MS, newTenant, runWorker, testServer } from '../../../../test/support/server.ts';

const server = testServer({ auditRetentionDays: 30 });
const database = () => server.app.deps.db;

const statusOf = async (id: string) => (await server.call(`GET /v1/audit/redactions/${id}`)).body.status;

/** Has every change of reported rows of a tenant fail, while the work runs. */
async function failing(tenant_id: string, work: () => Promise<void>): Promise<void> {
  await sql`create function fail() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$`.execute(
    database(),
  );
  await sql`
    create trigger a_failure before update or delete on audit_log
    for each row when (old.tenant_id = ${sql.lit(tenant_id)}) execute function fail()`.execute(database());
  await work();
  await sql`drop function fail() cascade`.execute(database());
}

async function redactionOf(tenant_id: string): Promise<string> {
  await report(server, tenant_id, { actor: { type: 'user', id: 'u4' } });
  return (await askToRedact(server, tenant_id, { subject: { actor_id: 'u4' } })).body.id;
}

test('a redaction that fails lets the others go on, and is tried again later', async () => {
  const [a, b] = [await newTenant(server), await newTenant(server)];
  const [broken, other] = [await redactionOf(a.id), await redactionOf(b.id)];
  await failing(a.id, async () => {
    await expect(runWorker(server, 'audit-redact')).rejects.toThrow('broken');
    await runToEnd(server, 'audit-redact');
    expect([await statusOf(broken), await statusOf(other)]).toEqual(['open', 'done']);
  });
  server.clock.advance(600_000);
  await runToEnd(server, 'audit-redact');
  expect(await statusOf(broken)).toBe('done');
});

test('a long redaction does a batch, and then the others have their turn', async () => {
  const [a, b] = [await newTenant(server), await newTenant(server)];
  const long = await redactionOf(a.id);
  await runWorker(server, 'audit-seal');
  await database().updateTable('audit_jobs').set({ until_index: 5_000 }).where('id', '=', long).execute();
  server.clock.advance(1);
  const short = await redactionOf(b.id);
  for (const _ of [1, 2]) {
    server.clock.advance(1);
    await runWorker(server, 'audit-redact');
  }
  expect([await statusOf(long), await statusOf(short)]).toEqual(['open', 'done']);
  await runToEnd(server, 'audit-redact');
});

const rowsOf = (tenant_id: string) =>
  database()
    .selectFrom('audit_log')
    .select('id')
    .where('tenant_id', '=', tenant_id)
    .where('action', '<>', 'audit.pruned')
    .execute();

test('a log that cannot be pruned lets the others lose their old rows', async () => {
  const [a, b] = [await newTenant(server), await newTenant(server)];
  await sealAll(server);
  await runToEnd(server, 'audit-prune');
  server.clock.advance(31 * DAY_MS);
  await database().updateTable('audit_logs').set({ prune_at: '2000-01-01' }).where('tenant_id', '=', a.id).execute();
  await failing(a.id, async () => {
    await expect(runWorker(server, 'audit-prune')).rejects.toThrow('broken');
    await runToEnd(server, 'audit-prune');
    expect([(await rowsOf(a.id)).length, (await rowsOf(b.id)).length]).toEqual([1, 0]);
  });
  server.clock.advance(600_000);
  await runToEnd(server, 'audit-prune');
  expect(await rowsOf(a.id)).toEqual([]);
});

test('a long log is looked at a batch at a time, and the other logs between its batches', async () => {
  const [a, b] = [await newTenant(server), await newTenant(server)];
  await sealAll(server);
  await runToEnd(server, 'audit-prune');
  server.clock.advance(31 * DAY_MS);
  await sql`
    insert into audit_leaves (tenant_id, index, event_id, hash, who_hash, what_hash)
    select ${a.id}::uuid, n, gen_random_uuid(), h, h, h
    from generate_series(1, 1500) as n, decode(repeat('00', 32), 'hex') as h`.execute(database());
  await database().updateTable('audit_logs').set({ prune_at: '2000-01-01' }).where('tenant_id', '=', a.id).execute();
  await database().updateTable('audit_logs').set({ prune_at: '2000-01-02' }).where('tenant_id', '=', b.id).execute();
  for (const _ of [1, 2]) await runWorker(server, 'audit-prune');
  expect(await rowsOf(b.id)).toEqual([]);
});
