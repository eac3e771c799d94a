// engine: postgres
/** The indexes of the log's statements, by the account of the planner, over 10^5 rows in every table. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db, Tx } from '../../src/handles.ts';
import * as eventLog from '../../src/queries/event-log.ts';
import * as webhookQueue from '../../src/queries/webhook-queue.ts';
import * as webhooks from '../../src/queries/webhooks.ts';
import { type TestDatabase, testDatabase } from '../../src/testing.ts';
import { type Plan, plansOf, plansRolledBack, rowsRead } from '../plans.ts';

const ROWS = 100_000;
const BATCH = 100;
const TENANT = '01890000-0000-7000-8000-000000000001';
/** It has a tenth of the log, all of it at the left edge. */
const GONE = '01890000-0000-7000-8000-000000000002';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await fillLog(db);
  await sql`
    insert into outbox_events (tenant_id, aggregate_type, aggregate_id, event_type, payload)
    select case when i % 4 = 0 then ${TENANT}::uuid end, 'tenant', 'a-' || i % 500, 'tenant.updated', '{}'
    from generate_series(1, ${ROWS}::int) as i`.execute(db);
  await sql`insert into tenants (id, slug, name, status) values (${TENANT}, 'acme', 'Acme', 'active')`.execute(db);
  await sql`
    insert into webhook_endpoints (tenant_id, url, event_types)
    select case when i % 20 > 0 then ${TENANT}::uuid end, 'https://acme.example', array['tenant.*']
    from generate_series(1, 60) as i`.execute(db);
  for (const table of ['events', 'outbox_events', 'webhook_deliveries', 'webhook_attempts', 'webhook_endpoints'])
    await sql`analyze ${sql.table(table)}`.execute(db);
}, 120_000);
afterAll(() => database.close());

async function fillLog(db: Db): Promise<void> {
  await sql`
    insert into events (position, id, tenant_id, aggregate_type, aggregate_id, event_type, payload, occurred_at, recorded_at)
    select i, gen_random_uuid(),
      case when i <= ${ROWS / 10}::int then ${GONE}::uuid when i % 4 = 0 then ${TENANT}::uuid end,
      'tenant', 'a-' || i % 500, 'noun' || i % 10 || '.verb' || i % 7, '{}', now(),
      now() - interval '60 days' + i * interval '1 second'
    from generate_series(1, ${ROWS}::int) as i`.execute(db);
  await sql`update event_head set position = ${ROWS}`.execute(db);
  await sql`
    insert into webhook_deliveries (endpoint_id, event_id, event_type, position, aggregate, state)
    select gen_random_uuid(), id, event_type, position, 'tenant:a', 'succeeded' from events`.execute(db);
  await sql`
    insert into webhook_attempts (delivery_id, n, started_at, duration_ms)
    select id, 1, now(), 5 from webhook_deliveries`.execute(db);
}

/** Large tables that a statement reads from end to end. */
const scanned = (plan: readonly Plan[]) =>
  plan
    .filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'webhook_endpoints')
    .map((node) => node['Relation Name']);
const indexesOf = (plan: readonly Plan[]) => [...new Set(plan.flatMap((node) => node['Index Name'] ?? []))].sort();

const planIn = (work: (tx: Tx) => Promise<unknown>) => plansRolledBack(database.db, work);

// proves C24
test('a batch moves the oldest of a long queue and reads little else', async () => {
  const plan = await planIn((tx) => eventLog.appendEvents(tx, ROWS, BATCH));
  expect(scanned(plan)).toEqual([]);
  expect(indexesOf(plan)).toEqual(expect.arrayContaining(['outbox_events_seq_key']));
  // Of 100 events the platform's three endpoints want all, and the tenant's 57 a quarter.
  expect(rowsRead(plan)).toBeLessThan(BATCH * 60);
});

test.each<[string, eventLog.EventScope, string, number]>([
  ['everything', {}, 'events_pkey', BATCH],
  ['a tenant', { tenant_id: TENANT }, 'events_tenant_id_position_idx', BATCH],
  ['a tenant that left long ago', { tenant_id: GONE }, 'events_tenant_id_position_idx', BATCH],
  ['some types of a tenant', { tenant_id: TENANT, types: ['noun4.verb3'] }, 'events_tenant_id_position_idx', ROWS / 4],
  ['some types', { types: ['noun3.verb3', 'noun4.verb4'] }, 'events_pkey', 5_000],
])('a page of %s is read from its index, at the beginning and late', async (_, scope, index, most) => {
  for (const after of [0, ROWS / 2, ROWS - 10]) {
    const plan = await plansOf(database.db, (asked) => eventLog.listEvents(asked, scope, { after, limit: BATCH }));
    expect(indexesOf(plan)).toEqual([index]);
    expect(scanned(plan)).toEqual([]);
    expect(rowsRead(plan)).toBeLessThanOrEqual(most);
  }
});

test('in the scope of a tenant the policy changes no plan', async () => {
  const scoped = database.forTenant({ tenant_id: TENANT, project_id: null });
  const page = { after: ROWS / 2, limit: BATCH };
  const plan = await plansOf(scoped, (asked) => eventLog.listEvents(asked, { tenant_id: TENANT }, page));
  expect(indexesOf(plan)).toEqual(['events_tenant_id_position_idx']);
  expect(rowsRead(plan)).toBeLessThanOrEqual(BATCH);
});

test('the left edge is deleted by its positions, and the rest is not read', async () => {
  const plan = await planIn((tx) => eventLog.deleteOldEvents(tx, 30, BATCH));
  expect(scanned(plan)).toEqual([]);
  expect(indexesOf(plan)).toEqual(['events_pkey']);
  expect(rowsRead(plan)).toBeLessThanOrEqual(BATCH);
});

test('deliveries of what is pruned are found by their positions, and the rest is not read', async () => {
  const plan = await planIn(async (tx) => void (await eventLog.deleteOrphanedDeliveries(tx, BATCH)));
  expect(scanned(plan).filter((table) => table !== 'event_head')).toEqual([]);
  expect(indexesOf(plan)).toEqual(expect.arrayContaining(['events_pkey', 'webhook_deliveries_position_idx']));
  expect(rowsRead(plan)).toBeLessThanOrEqual(BATCH);
});

test('a look at the left edge that finds nothing old enough reads a batch of it and no more', async () => {
  const plan = await planIn((tx) => eventLog.deleteOldEvents(tx, 3_650, BATCH));
  expect(scanned(plan)).toEqual([]);
  expect(rowsRead(plan)).toBeLessThanOrEqual(BATCH);
});

// proves C24
test('the position of a time is found by a few looks at the log', async () => {
  const { recorded_at } = await database.db
    .selectFrom('events')
    .select('recorded_at')
    .where('position', '=', 70_000)
    .executeTakeFirstOrThrow();
  const find = (db: Db, laterSeconds: number) =>
    eventLog.findPositionAt(db, { column: 'recorded_at', at: recorded_at, laterSeconds });
  const found = await Promise.all([-0.5, 0.5, -1e9, 1e9].map((seconds) => find(database.db, seconds)));
  expect(found).toEqual([70_000, 70_001, 1, ROWS + 1]);
  const plan = await plansOf(database.db, (asked) => find(asked, -0.5));
  expect(scanned(plan)).toEqual([]);
  expect(rowsRead(plan)).toBeLessThan(60);
});

// proves C24
test.each([true, false])(
  'a replay (only what failed: %s) reads a stretch before, and under the lock only what it delivers',
  async (only_failed) => {
    const { db } = database;
    const { id: endpoint_id } = await db
      .insertInto('webhook_endpoints')
      .values({ tenant_id: TENANT, url: 'https://acme.example', event_types: ['*'] })
      .returning('id')
      .executeTakeFirstOrThrow();
    await sql`
      insert into webhook_deliveries (endpoint_id, tenant_id, event_id, event_type, position, aggregate, state)
      select ${endpoint_id}, tenant_id, id, event_type, position, 'tenant:a', case when position % 100 = 0 then 'failed' else 'succeeded' end
      from events where tenant_id = ${TENANT} and position between 50001 and 60000`.execute(db);
    await sql`analyze webhook_deliveries`.execute(db);
    const range = { since: '2000-01-01T00:00:00Z', until: '9999-12-31T23:59:59Z' };
    const replay = { endpoint_id, tenant_id: TENANT, event_types: ['*'], ...range, only_failed };
    const after = 50_000;
    const until = await (only_failed
      ? webhooks.findDeliveriesEnd(db, endpoint_id, { after, rows: 500 })
      : eventLog.findStretchEnd(db, TENANT, { after, rows: 500 }));
    expect(until).toBe(52_000);
    const stretch = { after, until: until ?? after, limit: 1_000 };
    const positions = await webhooks.listReplayable(db, replay, stretch);
    expect(positions).toHaveLength(only_failed ? 20 : 500);
    expect(positions[0]).toBe(only_failed ? 50_100 : 50_004);
    const read = await plansOf(db, (asked) => webhooks.listReplayable(asked, replay, stretch));
    const written = await planIn((tx) => webhooks.insertReplay(tx, replay, positions.slice(0, 20)));
    for (const plan of [read, written]) expect(scanned(plan)).toEqual([]);
    expect(rowsRead(read)).toBeLessThan(3_000);
    expect(rowsRead(written)).toBeLessThan(200);
    await db.deleteFrom('webhook_deliveries').where('endpoint_id', '=', endpoint_id).execute();
    await db.deleteFrom('webhook_endpoints').where('id', '=', endpoint_id).execute();
  },
);

test('looks for lost wakes and for the oldest delivery read what waits by endpoint, and nothing that is done', async () => {
  const { db } = database;
  await sql`
    insert into webhook_deliveries (endpoint_id, tenant_id, event_id, event_type, position, aggregate)
    select w.id, w.tenant_id, gen_random_uuid(), 'tenant.updated', i, 'tenant:a'
    from webhook_endpoints w, generate_series(1, 500) as i where w.tenant_id is null`.execute(db);
  await sql`analyze webhook_deliveries`.execute(db);
  const look = await planIn((tx) => webhookQueue.claimIdleEndpoints(tx, BATCH));
  const oldest = await plansOf(db, (asked) => webhookQueue.findOldestUndelivered(asked));
  for (const plan of [look, oldest]) {
    expect(scanned(plan)).toEqual([]);
    expect(indexesOf(plan)).toContain('webhook_deliveries_pending_idx');
    expect(rowsRead(plan)).toBeLessThan(500);
  }
  await db.deleteFrom('webhook_deliveries').where('state', '=', 'pending').execute();
});
