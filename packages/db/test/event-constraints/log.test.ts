import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../../src/handles.ts';
import { testDatabase } from '../../src/testing.ts';
import { closedAfterTest, newTenant, refusal, violated } from '../support.ts';
import { eventRowsOf } from './rows.ts';

async function opened(): Promise<{ db: Db; rows: ReturnType<typeof eventRowsOf> }> {
  const { db } = await closedAfterTest(testDatabase());
  return { db, rows: eventRowsOf(db) };
}

// proves C24
test('a position of the log has one event, and an event one position', async () => {
  const { rows } = await opened();
  const id = await rows.event({ position: 1 });
  expect(await refusal(rows.event({ position: 1 }))).toEqual({ code: violated.unique, constraint: 'events_pkey' });
  expect(await refusal(rows.event({ position: 2, id }))).toEqual({
    code: violated.unique,
    constraint: 'events_id_key',
  });
});

// proves C24
test('an event that is in the log never changes, in whichever column, and can only go as a whole', async () => {
  const { db, rows } = await opened();
  await rows.event({ position: 1 });
  const { rows: columns } = await sql<{ name: string }>`
    select attname as name from pg_attribute where attrelid = 'events'::regclass and attnum > 0`.execute(db);
  expect(columns.length).toBe(11);
  for (const { name } of columns) {
    const update = sql`update events set ${sql.ref(name)} = ${sql.ref(name)}`.execute(db);
    expect(await refusal(update), name).toEqual({ code: violated.restrict, constraint: 'events_unchanged' });
  }
  await db.deleteFrom('events').execute();
});

test('an event waits in the queue once, at a place of its own that the database gives', async () => {
  const { db, rows } = await opened();
  const id = await rows.queued();
  await rows.queued();
  expect(await refusal(rows.queued({ id }))).toEqual({ code: violated.unique, constraint: 'outbox_events_pkey' });
  const again = sql`
    insert into outbox_events (id, aggregate_type, aggregate_id, event_type, payload, seq) overriding system value
    select ${randomUUID()}::uuid, aggregate_type, aggregate_id, event_type, payload, seq from outbox_events`;
  expect(await refusal(again.execute(db))).toEqual({ code: violated.unique, constraint: 'outbox_events_seq_key' });
  const chosen = sql`
    insert into outbox_events (id, aggregate_type, aggregate_id, event_type, payload, seq)
    values (${randomUUID()}, 'x', 'x', 'x', '{}', 1)`;
  expect((await refusal(chosen.execute(db))).code).toBe('428C9'); // only the default is accepted
  const seqs = await db.selectFrom('outbox_events').select('seq').orderBy('seq').execute();
  expect(seqs.length).toBe(2);
});

// proves C24
test('the log has one end: its row is there from the start, and no second one can be', async () => {
  const { db } = await opened();
  expect(await db.selectFrom('event_head').selectAll().execute()).toEqual([{ id: 1, position: 0 }]);
  const insert = (id: number) => refusal(db.insertInto('event_head').values({ id, position: 5 }).execute());
  expect(await insert(1)).toEqual({ code: violated.unique, constraint: 'event_head_pkey' });
  expect(await insert(2)).toEqual({ code: violated.check, constraint: 'event_head_one_row_check' });
});

test('a relay has one place in the log, and its lease has a holder and an end or neither', async () => {
  const { rows } = await opened();
  const [lease_id, lease_until] = [randomUUID(), '2100-01-01T00:00:00Z'];
  await rows.relay({ name: 'free' });
  await rows.relay({ name: 'held', lease_id, lease_until });
  expect(await refusal(rows.relay({ name: 'free' }))).toEqual({
    code: violated.unique,
    constraint: 'event_relays_pkey',
  });
  for (const half of [{ lease_id }, { lease_until }]) {
    expect(await refusal(rows.relay({ name: 'half', ...half }))).toEqual({
      code: violated.check,
      constraint: 'event_relays_lease_check',
    });
  }
});

// proves C24
test('an event outlives the tenant that it tells of, in the queue and in the log', async () => {
  const { db, rows } = await opened();
  const tenant_id = await newTenant(db);
  await rows.queued({ tenant_id });
  await rows.event({ position: 1, tenant_id });
  await db.deleteFrom('tenants').where('id', '=', tenant_id).execute();
  for (const table of ['outbox_events', 'events'] as const) {
    expect(await db.selectFrom(table).select('tenant_id').execute(), table).toEqual([{ tenant_id }]);
  }
});
