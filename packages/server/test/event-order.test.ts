/** The order of the log under many writers and several sequencers, compared with a model. */
import { type Db, openDatabase } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { type RawBuilder, sql } from 'kysely';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import type { Dependencies } from '../src/kernel/context.ts';
import { createSignals } from '../src/kernel/signals.ts';
import { sequenceWorker } from '../src/modules/events/sequence.worker.ts';
import { type Committed, contradictions, type Logged } from './event-order/model.ts';
import { moveBatch, readLog, runSequencer, wholeLog } from './event-order/readers.ts';
import { makeAggregates, runWriters } from './event-order/writers.ts';

const AGGREGATES = 20;
const onPostgres = inject('engine') === 'postgres';
const [WRITERS, CHANGES] = onPostgres ? [12, 60] : [3, 40];

interface Opened {
  readonly db: Db;
  /** Handles with connections of their own; the embedded engine has one connection for all. */
  readonly others: readonly [Db, Db, Db];
}

async function opened(): Promise<Opened> {
  const database = await testDatabase();
  const handles = onPostgres ? await Promise.all([1, 2, 3].map(() => openDatabase({ url: database.url ?? '' }))) : [];
  onTestFinished(async () => {
    await Promise.all(handles.map((handle) => handle.close()));
    await database.close();
  });
  await makeAggregates(database.db, AGGREGATES);
  const [a, b, c] = [0, 1, 2].map((index) => handles[index]?.db ?? database.db) as [Db, Db, Db];
  return { db: database.db, others: [a, b, c] };
}

const writersOn = (databases: readonly Db[], writers = WRITERS, changes = CHANGES) =>
  runWriters({
    databases: Array.from({ length: writers }, (_, index) => databases[index % databases.length] as Db),
    changes,
    aggregates: AGGREGATES,
  });

// proves C24, C58
test('the log is in the order of commits and of real time, without a gap, and readers that follow it see all of it', async () => {
  const { db, others } = await opened();
  const stop = new AbortController();
  let complete = false;
  const sequencers = [others[0], others[1], others[2]].map((each) => runSequencer(each, stop.signal));
  const { rows } = await sql<{ tenant_id: string }>`select tenant_id from aggregates where id = 'a-1'`.execute(db);
  const scopes = [{}, {}, { tenant_id: rows[0]?.tenant_id }];
  const readers = scopes.map((scope, index) => readLog({ db: others[index] as Db, scope, complete: () => complete }));
  const committed = await writersOn([db, ...others]);
  await expect.poll(() => db.selectFrom('outbox_events').select('id').execute()).toEqual([]);
  stop.abort();
  await Promise.all(sequencers);
  complete = true;

  const log = await wholeLog(db);
  expect(contradictions(log, committed)).toEqual([]);
  expect(log.length).toBeGreaterThan((WRITERS * CHANGES) / 2);
  const [all, again, ofOne] = await Promise.all(readers);
  expect(all).toEqual(log);
  expect(again).toEqual(log);
  expect(ofOne).toEqual(log.filter(({ aggregate }) => aggregate === 'a-1'));
});

// proves C24
test('workers on several connections move one queue, each batch by one of them', async () => {
  const { db, others } = await opened();
  const committed = await writersOn([db, ...others], 3, 40); // fewer than fit into one batch
  const parts = { signals: createSignals(), outboxMetrics: { sequenced() {}, batchFailed() {} } };
  const moved = await Promise.all(
    others.map((db) =>
      sequenceWorker.runOnce({ ...parts, db } as Partial<Dependencies> as Dependencies, AbortSignal.timeout(30_000)),
    ),
  );
  const log = await wholeLog(db);
  expect(moved.reduce((sum, count) => sum + count, 0)).toBe(log.length);
  expect(contradictions(log, committed)).toEqual([]);
});

describe('the check of the order is able to fail', () => {
  /** Numbers the events of the queue by another order than the log's. */
  async function orderedBy(db: Db, order: RawBuilder<unknown>): Promise<Logged[]> {
    const { rows } = await sql<Logged>`
      select id, row_number() over (order by ${order}) as position, aggregate_id as aggregate,
        (payload->>'version')::int as version
      from outbox_events order by position`.execute(db);
    return rows;
  }

  test('random ids, times and any exchange of two neighbours of one aggregate are noticed, and the queue itself is right', async () => {
    const { db, others } = await opened();
    const committed = await writersOn([db, ...others]);
    const right = await orderedBy(db, sql`seq`);
    expect(contradictions(right, committed)).toEqual([]);
    expect(contradictions(await orderedBy(db, sql`id`), committed)).not.toEqual([]);
    expect(contradictions(await orderedBy(db, sql`aggregate_id, seq`), committed).join()).toContain('was answered');
    expect(contradictions(right.slice(1), committed)).not.toEqual([]);
    expect(contradictions([...right, ...right.slice(-1)], committed)).not.toEqual([]);
    expect(contradictions(right, committed.slice(1))).not.toEqual([]);
    const first = right[0] as Logged;
    const next = right.findIndex(({ aggregate, version }) => aggregate === first.aggregate && version === 2);
    expect(contradictions(right.with(0, { ...(right[next] as Logged), position: 1 }), committed)).not.toEqual([]);
  });

  test.runIf(onPostgres)(
    'the order of transaction ids swaps two changes when the later one got its id first, and the log does not',
    async () => {
      const { db } = await opened();
      const committed = await laterGotItsIdFirst(db);
      const ids = await orderedBy(db, sql`xmin::text::bigint, seq`);
      expect(ids.map(({ version }) => version)).toEqual([2, 1]);
      expect(contradictions(ids, committed)).not.toEqual([]);
      expect(await moveBatch(db, 10)).toBe(2);
      expect(contradictions(await wholeLog(db), committed)).toEqual([]);
    },
  );
});

/** Two changes of one aggregate, of which the second began first and wrote elsewhere before it waited. */
async function laterGotItsIdFirst(db: Db): Promise<Committed[]> {
  const [later, earlier] = [await db.startTransaction().execute(), await db.startTransaction().execute()];
  const change = async (tx: Db, id: string) => {
    const { rows } = await sql<{ version: number }>`
      update aggregates set version = version + 1 where id = 'a-1' returning version`.execute(tx);
    const version = rows[0]?.version ?? 0;
    await sql`
      insert into outbox_events (id, aggregate_type, aggregate_id, event_type, payload, occurred_at)
      values (${id}, 'aggregate', 'a-1', 'aggregate.changed', ${JSON.stringify({ version })}, now())`.execute(tx);
    return { id, aggregate: 'a-1', version };
  };
  await sql`update aggregates set version = version where id = 'a-2'`.execute(later);
  const first = await change(earlier, '00000000-0000-4000-8000-000000000001');
  await earlier.commit().execute();
  const second = await change(later, '00000000-0000-4000-8000-000000000002');
  await later.commit().execute();
  return [
    { ...first, asked: 2, answered: 3 },
    { ...second, asked: 1, answered: 4 },
  ];
}
