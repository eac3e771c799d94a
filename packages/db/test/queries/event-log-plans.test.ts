/** The indexes of the log's statements, by the account of the planner, over 10^5 rows in every table. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db, Tx } from '../../src/handles.ts';
import * as eventLog from '../../src/queries/event-log.ts';
import { type TestDatabase, testDatabase } from '../../src/testing.ts';
import { type Plan, plansOf, rowsRead } from '../plans.ts';

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

/** Explains the statement of a transaction, which is rolled back. */
async function planIn(work: (tx: Tx) => Promise<unknown>): Promise<Plan[]> {
  const tx = await database.db.startTransaction().execute();
  try {
    await sql`savepoint before`.execute(tx);
    return await plansOf(tx, async (asked) => {
      await work(asked as Tx);
      await sql`rollback to before`.execute(tx); // explaining runs the statement again
    });
  } finally {
    await tx.rollback().execute();
  }
}

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
