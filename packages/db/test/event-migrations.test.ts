/** The migration to the log of events, over events that wait and events that are in the log. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../src/handles.ts';
import { migrateDown, migrateUp } from '../src/migrate.ts';
import { migrations } from '../src/migrations.ts';
import * as eventLog from '../src/queries/event-log.ts';
import { emptyDatabase } from '../src/testing.ts';
import { closedAfterTest, newTenant } from './support.ts';

const names = Object.keys(migrations);
const before = names.indexOf('0022_event_log');

interface Old {
  readonly id: string;
  readonly occurred_at: string;
}

const secondsLater = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();

/** Makes a database before the log with events that wait, inserted against the order of their time. */
async function waiting(): Promise<{ db: Db; project: string; inOrder: string[] }> {
  const { db } = await closedAfterTest(emptyDatabase());
  await migrateUp(db, before);
  const tenant_id = await newTenant(db);
  const project = randomUUID();
  await sql`
    insert into tenant_projects (id, tenant_id, slug, name) values (${project}, ${tenant_id}, 'web', 'Web')`.execute(
    db,
  );
  const ids = Array.from({ length: 20 }, () => randomUUID());
  // Two happen in each second: these come in the order of their ids.
  const olds: Old[] = ids.map((id, index) => ({ id, occurred_at: secondsLater(Math.floor(index / 2)) }));
  for (const old of olds.toReversed()) await insertOld(db, { ...old, tenant_id, project });
  const inOrder = olds.toSorted((a, b) => a.occurred_at.localeCompare(b.occurred_at) || a.id.localeCompare(b.id));
  return { db, project, inOrder: inOrder.map(({ id }) => id) };
}

async function insertOld(db: Db, { id, occurred_at, ...of }: Old & { tenant_id: string; project: string }) {
  await sql`
    insert into outbox_events (id, tenant_id, aggregate_type, aggregate_id, event_type, payload, occurred_at)
    values (${id}, ${of.tenant_id}, 'tenant', 'a', 'tenant.updated', ${JSON.stringify({ of: id })}, ${occurred_at})`.execute(
    db,
  );
  await sql`
    insert into audit_log (id, tenant_id, project_id, product, actor_type, actor_id, action, origin)
    values (${id}, ${of.tenant_id}, ${of.project}, 'certifai', 'user', '1', 'tenant.updated', 'registry')`.execute(db);
}

const sequence = (db: Db, limit: number) =>
  db.transaction().execute(async (tx) => {
    const head = await eventLog.claimEventHead(tx);
    expect(head).toBeTypeOf('number');
    return eventLog.appendEvents(tx, head as number, limit);
  });

const later = (db: Db) =>
  sql`
    insert into outbox_events (aggregate_type, aggregate_id, event_type, payload, occurred_at)
    values ('tenant', 'a', 'tenant.updated', '{}', '2020-01-01')`.execute(db);

// proves C24
test('events that waited before there was a log keep the order of their time, know their project, and come before new ones', async () => {
  const { db, project, inOrder } = await waiting();
  await migrateUp(db);
  await later(db);
  expect((await sequence(db, 7)).events + (await sequence(db, 100)).events).toBe(21);
  const log = await eventLog.listEvents(db, {}, { after: 0, limit: 100 });
  expect(log.slice(0, 20).map(({ id }) => id)).toEqual(inOrder);
  expect(log.map(({ position }) => position)).toEqual(log.map((_, index) => index + 1));
  for (const event of log.slice(0, 20)) {
    expect(event).toMatchObject({ project_id: project, product: 'certifai', payload: { of: event.id } });
  }
  expect(log[20]).toMatchObject({ project_id: null, product: null, payload: {} });
});

test('an empty queue gets its first place too', async () => {
  const { db } = await closedAfterTest(emptyDatabase());
  await migrateUp(db);
  await later(db);
  await later(db);
  const seqs = await db.selectFrom('outbox_events').select('seq').orderBy('seq').execute();
  expect(seqs).toEqual([{ seq: 1 }, { seq: 2 }]);
});

// proves C24
test('down loses no event: what is in the log waits again, and up gives the order back', async () => {
  const { db, inOrder } = await waiting();
  await migrateUp(db);
  await sequence(db, 8);
  await migrateDown(db, names.length - before);
  const { rows } = await sql<{ id: string; payload: unknown }>`
    select id, payload, dispatched_at from outbox_events order by occurred_at, id`.execute(db);
  expect(rows).toEqual(inOrder.map((id) => ({ id, payload: { of: id }, dispatched_at: null })));
  await migrateUp(db);
  await sequence(db, 100);
  const log = await eventLog.listEvents(db, {}, { after: 0, limit: 100 });
  expect(log.map(({ id, position }) => ({ id, position }))).toEqual(
    inOrder.map((id, index) => ({ id, position: index + 1 })),
  );
});
