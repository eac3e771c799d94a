import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { newTenant, runWorker, testServer, trailOf } from '../../../test/support/server.ts';

const server = testServer({ outboxRetentionDays: 7 });

const eventsOf = (tenantId: string) =>
  server.app.deps.db
    .selectFrom('outbox_events')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .orderBy('occurred_at')
    .execute();

test('events are deleted after the days that they are kept, in bounded batches; younger ones and audit rows stay', async () => {
  const { db } = server.app.deps;
  const { id } = await newTenant(server);
  await sql`
    insert into outbox_events (tenant_id, aggregate_type, aggregate_id, event_type, payload, occurred_at)
    select ${id}::uuid, 'tenant', ${id}, 'made.up', '{}'::jsonb, now() - interval '7 days 1 minute' from generate_series(1, 1200)
    union all select ${id}::uuid, 'tenant', ${id}, 'made.up', '{}'::jsonb, now() - interval '6 days 23 hours'`.execute(
    db,
  );
  const trail = await trailOf(server, id);
  expect(await runWorker(server, 'outbox-expiry')).toBe(1_000);
  expect(await runWorker(server, 'outbox-expiry')).toBe(200);
  expect(await runWorker(server, 'outbox-expiry')).toBe(0);
  expect((await eventsOf(id)).map(({ event_type }) => event_type)).toEqual(['made.up', 'tenant.created']);
  expect(await trailOf(server, id)).toEqual(trail);
});

test('the clock of a process that is ahead deletes nothing', async () => {
  const { id } = await newTenant(server);
  server.clock.advance(40 * 86_400_000);
  expect(await runWorker(server, 'outbox-expiry')).toBe(0);
  expect(await eventsOf(id)).toHaveLength(1);
});
