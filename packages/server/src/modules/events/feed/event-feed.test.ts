import { randomUUID } from 'node:crypto';
import { type Db, eventLog } from '@tenant-registry/db';
import type { KyselyPlugin } from 'kysely';
import { expect, inject, onTestFinished, test } from 'vitest';
import { fillLog } from '../../../../test/support/filled-log.ts';
import { newTenant, runWorker, testServer } from '../../../../test/support/server.ts';
import type { EndReason, FeedReader } from '../../../kernel/feed.ts';
import { createGate } from '../../../kernel/gate.ts';
import { createSignals } from '../../../kernel/signals.ts';
import { createEventFeed, type EventFeedOptions, type FollowRequest } from './event-feed.ts';
import { sizeOf, type Told } from './followed.ts';
import { listenersGate } from './refusal.ts';

const server = testServer();

/** A feed whose time the test moves. */
function newFeed(options: Partial<EventFeedOptions> = {}) {
  const beats = new Set<() => void>();
  const later: (() => void)[] = [];
  const ends: EndReason[] = [];
  let nowMs = 0;
  const signals = createSignals();
  const { db, logger } = server.app.deps;
  const feed = createEventFeed({
    db,
    gate: createGate(listenersGate),
    signals,
    logger,
    onEnd: (reason) => ends.push(reason),
    timing: {
      now: () => nowMs,
      every(_, run) {
        beats.add(run);
        return () => beats.delete(run);
      },
      after(_, run) {
        later.push(run);
        return () => {};
      },
    },
    ...options,
  });
  onTestFinished(() => feed.close());
  return {
    feed,
    signals,
    beats,
    ends,
    /** Ends the time for the last words. */
    farewell() {
      for (const run of later.splice(0)) run();
    },
    /** Lets so many seconds pass, beat by beat. */
    pass(seconds: number) {
      for (let second = 0; second < seconds; second += 1) {
        nowMs += 1_000;
        for (const run of beats) run();
      }
    },
  };
}

function asking(tenant_id: string, request: Partial<FollowRequest> = {}): FollowRequest {
  return {
    db: server.app.deps.db,
    tenantId: tenant_id,
    scope: { tenant_id },
    after: null,
    mayHear: async () => true,
    cut: new AbortController(),
    signal: new AbortController().signal,
    ...request,
  };
}

/** Reads until it is as asked for, and returns everything that was read. */
async function readUntil(reader: FeedReader<Told>, isIt: (told: Told) => boolean): Promise<Told[]> {
  const all: Told[] = [];
  while (!all.some(isIt)) {
    const { value, done } = await reader.next();
    if (done) throw new Error(`it ended after ${JSON.stringify(all.slice(-3))}`);
    all.push(...value);
  }
  return all;
}

const idsOf = (all: readonly Told[]) => all.flatMap((told) => (told.kind === 'event' ? told.event.id : []));
const kindsOf = (all: readonly Told[]) => all.map(({ kind }) => kind);
const isEvent = ({ kind }: Told) => kind === 'event';

async function tableOf(tenant_id: string, db: Db = server.app.deps.db): Promise<string[]> {
  return (await eventLog.listEvents(db, { tenant_id }, { after: 0, limit: 200_000 })).map(({ id }) => id);
}

test('a listener is told that its stream is alive, and where it could go on although nothing was for it', async () => {
  const { feed, pass, signals } = newFeed();
  const tenant_id = randomUUID();
  const reader = await feed.open(asking(tenant_id, { scope: { tenant_id, types: ['project.*'] } }));
  expect((await reader.next()).value).toEqual([{ kind: 'open' }, { kind: 'checkpoint', id: 'start' }]);
  const [other] = [await feed.open(asking(tenant_id))];
  await fillLog(server.app.deps.db, { tenant_id, count: 2 });
  await fillLog(server.app.deps.db, { tenant_id: randomUUID(), count: 1 });
  signals.tell('logged');
  // Both have it when the other one was told of it.
  const waiting = reader.next();
  await readUntil(other, isEvent);
  pass(15);
  const last = (await tableOf(tenant_id)).at(-1);
  const all = [...((await waiting).value ?? [])];
  if (all.length < 2) all.push(...((await reader.next()).value ?? []));
  expect(all).toEqual([{ kind: 'alive' }, { kind: 'checkpoint', id: last }]);
  pass(15);
  expect((await reader.next()).value).toEqual([{ kind: 'alive' }]);
});

test('one look at the log serves every listener, and without listeners there is none', async () => {
  const tenant_id = randomUUID();
  let statements = 0;
  const { feed, pass, beats, signals } = newFeed({
    db: watched((rows) => {
      statements += rows.length;
    }),
  });
  const readers = await Promise.all(Array.from({ length: 20 }, () => feed.open(asking(tenant_id))));
  for (const reader of readers) await reader.next();
  const waiting = readers.map((reader) => readUntil(reader, isEvent));
  await fillLog(server.app.deps.db, { tenant_id, count: 1 });
  const before = statements;
  pass(1);
  expect(new Set((await Promise.all(waiting)).flatMap(idsOf)).size).toBe(1);
  // The position of the end, and the event.
  expect(statements - before).toBe(2);
  for (const reader of readers) await reader.return?.();
  expect([feed.listening(), beats.size]).toEqual([0, 0]);
  signals.tell('logged');
  expect(statements - before).toBe(2);
});

/** The database, and every list of rows that a statement hands over. */
function watched(heard: (rows: readonly unknown[]) => void): Db {
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      heard(result.rows);
      return result;
    },
  };
  return server.app.deps.db.withPlugin(plugin);
}

// proves C24
test('however far behind a listener is, one bounded page of it is in memory, and none while it does not ask', async () => {
  // PGlite reads them in this thread, for nearly a minute.
  const COUNT = inject('engine') === 'pglite' ? 20_000 : 100_000;
  const tenant_id = randomUUID();
  await fillLog(server.app.deps.db, { tenant_id, count: COUNT });
  const handed = { tail: 0, reader: 0 };
  const { feed } = newFeed({
    db: watched((rows) => {
      handed.tail += rows.length;
    }),
  });
  const db = watched((rows) => {
    handed.reader += rows.length;
  });
  const reader = await feed.open(asking(tenant_id, { db, after: 'start' }));
  const ids: string[] = [];
  let [aheadMax, bytesMax] = [0, 0];
  while (ids.length < COUNT) {
    const { value = [] } = await reader.next();
    ids.push(...idsOf(value ?? []));
    aheadMax = Math.max(aheadMax, handed.reader - ids.length);
    bytesMax = Math.max(
      bytesMax,
      (value ?? []).reduce((sum, told) => sum + sizeOf(told), 0),
    );
  }
  // What was looked up at the beginning: its newest event.
  expect(aheadMax).toBeLessThanOrEqual(1);
  expect(bytesMax).toBeLessThan(2 * 65_536);
  // The end of the log, and nothing of it.
  expect(handed.tail).toBeLessThan(10);
  expect(ids).toEqual(await tableOf(tenant_id));
});

// proves C24
test('a listener for which more than 64 KiB waits and that does not ask is cut, and comes back without a loss', async () => {
  const { feed, pass, signals, ends, farewell } = newFeed();
  const tenant_id = randomUUID();
  const request = asking(tenant_id);
  const [slow, quick] = [await feed.open(request), await feed.open(asking(tenant_id))];
  await slow.next();
  await quick.next();
  const start = slow.next();
  const quickly = readUntil(quick, (told) => told.kind === 'event' && told.event.data['n'] === 100);
  await fillLog(server.app.deps.db, { tenant_id, count: 1, length: 10 });
  signals.tell('logged');
  const first = idsOf((await start).value ?? []);
  await fillLog(server.app.deps.db, { tenant_id, count: 100, length: 2_000 });
  signals.tell('logged');
  expect(idsOf(await quickly)).toEqual(await tableOf(tenant_id));
  expect(ends).toEqual([]);
  pass(1);
  expect(ends).toEqual(['slow']);
  expect((await slow.next()).value).toEqual([{ kind: 'bye', reason: 'slow' }]);
  expect((await slow.next()).done).toBe(true);
  expect(request.cut.signal.aborted).toBe(false);
  farewell();
  expect(request.cut.signal.aborted).toBe(true);
  const again = await feed.open(asking(tenant_id, { after: first[0] ?? null }));
  const rest = await readUntil(again, (told) => told.kind === 'event' && told.event.data['n'] === 100);
  expect([...first, ...idsOf(rest)]).toEqual(await tableOf(tenant_id));
});

test('a listener that is behind and goes on asking is not cut: it reads what it missed', async () => {
  const { feed, pass, signals, ends } = newFeed({ countMax: 20 });
  const tenant_id = randomUUID();
  const reader = await feed.open(asking(tenant_id));
  const all = [...((await reader.next()).value ?? [])];
  const waiting = reader.next();
  await fillLog(server.app.deps.db, { tenant_id, count: 10, length: 20_000 });
  signals.tell('logged');
  all.push(...((await waiting).value ?? []));
  while (idsOf(all).length < 10) {
    all.push(...((await reader.next()).value ?? []));
    pass(1);
  }
  expect([idsOf(all), ends]).toEqual([await tableOf(tenant_id), []]);
});

test('a listener that asks for nothing for 30 seconds is cut', async () => {
  const { feed, pass, ends } = newFeed();
  const tenant_id = randomUUID();
  const [idle, waits] = [await feed.open(asking(tenant_id)), await feed.open(asking(tenant_id))];
  await idle.next();
  await waits.next();
  const waiting = readUntil(waits, ({ kind }) => kind === 'bye');
  pass(29);
  expect(ends).toEqual([]);
  pass(1);
  expect(ends).toEqual(['slow']);
  expect(feed.listening()).toBe(1);
  feed.close();
  expect((await waiting).at(-1)).toEqual({ kind: 'bye', reason: 'closing' });
});

test('a listener that may hear no more is ended at the next beat; one of which that cannot be known is not', async () => {
  const { feed, pass, ends } = newFeed();
  const tenant_id = randomUUID();
  let answer = async (): Promise<boolean> => Promise.reject(new Error('the database is away'));
  const reader = await feed.open(asking(tenant_id, { mayHear: () => answer() }));
  await reader.next();
  const waiting = readUntil(reader, ({ kind }) => kind === 'bye');
  pass(15);
  await new Promise(setImmediate);
  expect(ends).toEqual([]);
  answer = async () => false;
  pass(15);
  expect((await waiting).at(-1)).toEqual({ kind: 'bye', reason: 'credential' });
  expect(feed.listening()).toBe(0);
});

test('a stream ends after five minutes and says so; a closed feed refuses listeners', async () => {
  const { feed, pass } = newFeed();
  const tenant_id = randomUUID();
  const reader = await feed.open(asking(tenant_id));
  const waiting = readUntil(reader, ({ kind }) => kind === 'bye');
  pass(300);
  const all = await waiting;
  expect(all.at(-1)).toEqual({ kind: 'bye', reason: 'life' });
  expect(kindsOf(all).filter((kind) => kind === 'alive')).toHaveLength(19);
  feed.close();
  await expect(feed.open(asking(tenant_id))).rejects.toMatchObject({ definition: { code: 'overloaded' } });
});

test('a listener that is refused gives its place back, and one that leaves is noticed while it waits', async () => {
  const gate = createGate({ ...listenersGate, tenantPlacesMax: 1 });
  const { feed } = newFeed({ gate });
  const tenant_id = randomUUID();
  await expect(feed.open(asking(tenant_id, { after: randomUUID() }))).rejects.toMatchObject({
    definition: { code: 'event_expired' },
  });
  const leaving = new AbortController();
  const reader = await feed.open(asking(tenant_id, { signal: leaving.signal }));
  await reader.next();
  const waiting = reader.next();
  await expect(feed.open(asking(tenant_id))).rejects.toMatchObject({ definition: { code: 'too_many_listeners' } });
  leaving.abort();
  expect((await waiting).done).toBe(true);
  expect([gate.load().running, feed.listening()]).toEqual([0, 0]);
});

test('when all places are taken, the refusal does not blame the tenant', async () => {
  const { feed } = newFeed({ gate: createGate({ ...listenersGate, places: 0 }) });
  await expect(feed.open(asking(randomUUID()))).rejects.toMatchObject({ definition: { code: 'too_many_listeners' } });
});

// proves C24
test('whoever leaves and comes back at any time, while several write, gets the table: each event once, in order', async () => {
  const { id: tenant_id } = await newTenant(server);
  const other = await newTenant(server);
  // So few are kept that every reader crosses the seam between the table and memory again and again.
  const { feed, signals } = newFeed({ countMax: 3 });
  const random = randomOf(20_261_128);
  const WRITES = 40;
  const state = { writing: true, drained: false };
  const write = async (writer: number) => {
    for (let n = 0; n < WRITES; n += 1) {
      const id = n % 5 === 0 ? other.id : tenant_id;
      const { status } = await server.call(`PATCH /v1/tenants/${id}`, { body: { name: `${writer}-${n}` } });
      expect(status).toBe(200);
    }
  };
  const sequence = async () => {
    while (state.writing || (await runWorker(server, 'events-sequence')) > 0) {
      await runWorker(server, 'events-sequence');
      signals.tell('logged');
      await new Promise(setImmediate);
    }
    state.drained = true;
  };
  const follow = async () => {
    const seen: string[] = [];
    let after = 'start';
    for (;;) {
      const reader = await feed.open(asking(tenant_id, { after }));
      for (let reads = Math.floor(random() * 4) + 1; reads > 0; reads -= 1) {
        const { drained } = state;
        if ((await countOf(tenant_id)) === seen.length) {
          if (drained) return seen;
          // PGlite answers without giving the writers a turn.
          await new Promise(setImmediate);
          break;
        }
        for (const told of (await reader.next()).value ?? []) {
          if (told.kind === 'event') seen.push(told.event.id);
          if (told.kind === 'event') after = told.event.id;
          if (told.kind === 'checkpoint') after = told.id;
        }
      }
      // What it asks for while it leaves it does not get, so it comes back with the id that it has.
      if (random() < 0.5) void reader.next();
      await reader.return?.();
    }
  };
  const writers = Promise.all([1, 2, 3, 4].map(write)).finally(() => {
    state.writing = false;
  });
  const [followed] = await Promise.all([Promise.all([follow(), follow(), follow()]), writers, sequence()]);
  const table = await tableOf(tenant_id);
  expect(table.length).toBeGreaterThan(4 * WRITES * 0.7);
  for (const seen of followed) expect(seen).toEqual(table);
});

async function countOf(tenant_id: string): Promise<number> {
  const { db } = server.app.deps;
  const counted = db.selectFrom('events').select(({ fn }) => fn.countAll<string>().as('count'));
  return Number((await counted.where('tenant_id', '=', tenant_id).executeTakeFirstOrThrow()).count);
}

/** A generator of numbers from 0 to 1 that a failing run can repeat. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
