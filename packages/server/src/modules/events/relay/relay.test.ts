// engine: postgres
/** The relay against a real nats-server. */
import { type DatabaseHandle, eventLog, outbox } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { afterEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import {
  type FragileLink,
  type Nats,
  type NatsClient,
  natsClient,
  natsPath,
  openFragileLink,
  STREAM,
  type Stored,
  startNats,
} from '../../../../test/support/nats.ts';
import { newTenant, runWorker, startTestServer } from '../../../../test/support/server.ts';
import { newId } from '../../../kernel/ids.ts';
import { createLogger } from '../../../kernel/logger.ts';
import { createMetrics } from '../../../kernel/metrics.ts';
import type { NatsSettings } from './environment.ts';
import { openNatsStream } from './nats.ts';
import { createRelay, type Relay } from './relay.ts';
import type { EventStream } from './stream.ts';

test.runIf(process.env['CI'] !== undefined)('nats-server is installed where the suite must run in full', () => {
  expect(natsPath).toBeDefined();
});

const RETENTION_DAYS = 30;

function settingsFor({ address }: Pick<Nats, 'address'>, change: Partial<NatsSettings> = {}): NatsSettings {
  return { servers: [address], tls: false, login: {}, credentialsFile: null, stream: STREAM, ...change };
}

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Has it closed after the test, in the reverse order of its making. */
function closing<T>(thing: T, close: (thing: T) => Promise<unknown>): T {
  cleanups.push(() => close(thing));
  return thing;
}

const nats = async (more?: string): Promise<Nats> => closing(await startNats(more), (each) => each.stop());
const client = async (server: Nats, options = {}): Promise<NatsClient> =>
  closing(await natsClient(server, options), (each) => each.close());
const database = async (): Promise<DatabaseHandle> => closing(await testDatabase(), (each) => each.close());
const link = async (server: Nats, bytes: readonly number[]): Promise<FragileLink> =>
  closing(await openFragileLink(server, bytes), (each) => each.close());

interface StartedRelay extends Relay {
  readonly logs: readonly string[];
  metric(name: string): Promise<number | undefined>;
  /** Takes turns until the relay has nothing to do, with the lease and the stream. */
  catchUp(): Promise<void>;
}

interface RelayChange {
  readonly settings?: NatsSettings;
  readonly leaseMs?: number;
  readonly wrap?: (stream: EventStream) => EventStream;
}

/** Makes a relay as the module makes it; its turns are taken by the test. */
function relayOf({ db }: DatabaseHandle, server: Pick<Nats, 'address'>, change: RelayChange = {}): StartedRelay {
  const { settings = settingsFor(server), leaseMs, wrap = (stream: EventStream) => stream } = change;
  const logs: string[] = [];
  const metrics = createMetrics();
  const relay = createRelay({
    name: 'nats',
    db,
    metrics,
    logger: createLogger('info', { write: (line) => void logs.push(line) }),
    open: async (signal) => wrap(await openNatsStream(settings, { retentionDays: RETENTION_DAYS, signal })),
    ...(leaseMs === undefined ? {} : { leaseMs }),
  });
  const metric = async (name: string) =>
    (await metrics.registry.getSingleMetric(`tenant_registry_${name}`)?.get())?.values[0]?.value;
  const started = {
    ...relay,
    logs,
    metric,
    catchUp: async () => {
      await expect.poll(() => turnsUntil(relay, db)).toBe('caught up');
    },
  };
  return closing(started, (each) => each.stop());
}

const unaborted = new AbortController().signal;

async function turnsUntil(relay: Relay, db: DatabaseHandle['db']): Promise<string> {
  while ((await relay.turn(unaborted)) > 0);
  const row = await db.selectFrom('event_relays').selectAll().executeTakeFirst();
  // Saved at most once a second: a caught-up relay saves at its next turn after that.
  return row?.lease_id !== null && row?.position === (await eventLog.findEventHead(db)) ? 'caught up' : 'behind';
}

/** Takes turns, of all relays at a time, until the stop is called. */
function follow(...relays: readonly Relay[]): () => Promise<void> {
  const stopping = new AbortController();
  const loops = relays.map(async (relay) => {
    while (!stopping.signal.aborted) {
      const done = await relay.turn(unaborted);
      if (done === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
  const stop = async () => {
    stopping.abort();
    await Promise.all(loops);
  };
  cleanups.push(stop);
  return stop;
}

let written = 0;

/** Puts events into the log, as the sequencer does. */
async function log({ db }: DatabaseHandle, count: number, data: Record<string, unknown> = {}): Promise<void> {
  const tenant_id = newId(() => new Date());
  await db.transaction().execute(async (tx) => {
    for (let n = 0; n < count; n += 1) {
      written += 1;
      await outbox.appendOutboxEvent(tx, {
        id: newId(() => new Date()),
        tenant_id: written % 7 === 0 ? null : tenant_id,
        aggregate_type: 'thing',
        aggregate_id: String(written % 20),
        event_type: 'thing.updated',
        payload: { n: written, ...data },
      });
    }
  });
  await sequence(db);
}

async function sequence(db: DatabaseHandle['db']): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const head = await eventLog.claimEventHead(tx);
    while (head !== undefined && (await eventLog.appendEvents(tx, await eventLog.findEventHead(tx), 1_000)).events > 0);
  });
}

const idsOfLog = async ({ db }: DatabaseHandle): Promise<string[]> =>
  (await db.selectFrom('events').select('id').orderBy('position').execute()).map(({ id }) => id);
/** Reads over a new connection: one that has lost its server can wait for long. */
async function storedBy(server: Nats): Promise<Stored[]> {
  const consumer = await natsClient(server);
  try {
    return await consumer.stored().catch(() => []);
  } finally {
    await consumer.close();
  }
}

const idsOf = (stored: readonly Stored[]) => stored.map(({ id }) => id);
const messagesIn = (logs: readonly string[]) => logs.map((line) => String(JSON.parse(line).msg));
const relayRow = ({ db }: DatabaseHandle) => db.selectFrom('event_relays').selectAll().executeTakeFirst();

describe.skipIf(natsPath === undefined)('the relay (skipped where nats-server is not installed)', () => {
  // proves C24
  test('the workers of a server store every event once, in the order of the log, and give the lease back', async () => {
    const broker = await nats();
    const server = await startTestServer({ eventsNats: settingsFor(broker), auditSigningKeys: [] });
    onTestFinished(() => server.close());
    server.app.startWorkers();
    const tenant = await newTenant(server);
    await server.call(`PATCH /v1/tenants/${tenant.id}`, { body: { name: 'Other' } });
    const consumer = await client(broker);
    await expect.poll(async () => (await consumer.stored().catch(() => [])).length).toBe(2);
    const rows = await eventLog.listEvents(server.app.deps.db, {}, { after: 0, limit: 10 });
    expect(await consumer.stored()).toEqual(
      rows.map(({ id, event_type, occurred_at, payload }) => ({
        id,
        subject: `registry.${tenant.id}.${event_type}`,
        omitted: '',
        body: {
          id,
          type: event_type,
          timestamp: occurred_at,
          tenant_id: tenant.id,
          project_id: null,
          product: null,
          subject: { type: 'tenant', id: tenant.id },
          data: JSON.parse(JSON.stringify(payload)),
        },
      })),
    );
    const { config } = await consumer.jsm.streams.info(STREAM);
    expect(config).toMatchObject({ subjects: ['registry.>'], retention: 'limits', discard: 'old', storage: 'file' });
    expect(config.max_age).toBe(30 * 86_400 * 1e9);
    await server.app.close();
    const row = await server.app.deps.db.selectFrom('event_relays').selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({ name: 'nats', position: 2, event_id: rows[1]?.id, lease_id: null, lease_until: null });
  });

  test('without a relay the worker has nothing to do', async () => {
    const server = await startTestServer();
    onTestFinished(() => server.close());
    expect(await runWorker(server, 'events-relay')).toBe(0);
    expect(await server.app.deps.db.selectFrom('event_relays').selectAll().execute()).toEqual([]);
  });

  test('a takeover after the lease has run out goes on where the stream ends, whatever was saved', async () => {
    const [broker, db] = [await nats(), await database()];
    const first = relayOf(db, broker, { leaseMs: 100 });
    await log(db, 700);
    // It stores all, and ends before it has saved its position.
    while ((await first.turn(unaborted)) > 0);
    await db.db.updateTable('event_relays').set({ position: 0, event_id: null }).execute();
    await log(db, 50);
    await relayOf(db, broker).catchUp();
    expect(idsOf(await (await client(broker)).stored())).toEqual(await idsOfLog(db));
  });

  test('a relay that another process has the lease of stores nothing', async () => {
    const [broker, db] = [await nats(), await database()];
    const holder = relayOf(db, broker);
    await holder.catchUp();
    await log(db, 3);
    const standby = relayOf(db, broker);
    expect(await standby.turn(unaborted)).toBe(0);
    expect(await standby.metric('relay_lag_events')).toBe(3);
    expect(await (await client(broker)).stored()).toEqual([]);
    await holder.stop();
    await expect.poll(() => standby.turn(unaborted)).toBe(3);
  });

  test('a first start begins with the oldest event that is kept, and misses nothing', async () => {
    const [broker, db] = [await nats(), await database()];
    await log(db, 10);
    await db.db.deleteFrom('events').where('position', '<', 4).execute();
    const relay = relayOf(db, broker);
    await relay.catchUp();
    expect(idsOf(await (await client(broker)).stored())).toEqual(await idsOfLog(db));
    expect(relay.logs).toEqual([]);
  });
});

/** Beside one database alone: the tests above have the statements of the relay on both. */
const isPostgres = inject('engine') === 'postgres';
describe.runIf(natsPath !== undefined && isPostgres)(
  'the relay and its stream (where nats-server is installed)',
  () => {
    test('an event of no tenant has the subject registry.platform', async () => {
      const [broker, db] = [await nats(), await database()];
      await log(db, 14);
      await relayOf(db, broker).catchUp();
      const stored = await (await client(broker)).stored();
      const expected = stored.map(({ body }) => `registry.${body.tenant_id ?? 'platform'}.thing.updated`);
      expect(stored.map(({ subject }) => subject)).toEqual(expected);
      expect(expected.filter((subject) => subject === 'registry.platform.thing.updated')).toHaveLength(2);
    });

    // proves C24
    test('a server that is killed and started again at work, and at rest, has every event once and in order', async () => {
      const [broker, db] = [await nats(), await database()];
      const relay = relayOf(db, broker);
      const stop = follow(relay);
      for (let round = 0; round < 4; round += 1) {
        const writing = log(db, 600);
        if (round > 0) await expect.poll(async () => (await storedBy(broker)).length).toBeGreaterThan(700 * round);
        await broker.kill();
        await writing;
        await log(db, 100);
        await broker.start();
        await expect.poll(async () => idsOf(await storedBy(broker))).toEqual(await idsOfLog(db));
      }
      await stop();
      const told = messagesIn(relay.logs).filter((message) => message.startsWith('the relay'));
      expect(told.filter((message) => message.includes('is away')).length).toBeLessThanOrEqual(4);
      expect(told.at(-1)).toBe('the relay has caught up with the log again');
    });

    test('an outage is logged once, however long it is, and its end too', async () => {
      const [broker, db] = [await nats(), await database()];
      const relay = relayOf(db, broker);
      await relay.catchUp();
      await broker.kill();
      await log(db, 5);
      const stop = follow(relay);
      await expect.poll(() => messagesIn(relay.logs)).toContain('the relay waits: its stream is away');
      expect(await relay.metric('relay_lag_events')).toBe(5);
      const { db: handle } = db;
      // Each further attempt takes the lease anew.
      const claims = new Set<string>();
      await expect
        .poll(
          async () => {
            const row = await handle.selectFrom('event_relays').select('lease_until').executeTakeFirst();
            if (row?.lease_until) claims.add(row.lease_until);
            return claims.size;
          },
          { interval: 1 },
        )
        .toBeGreaterThanOrEqual(2);
      await broker.start();
      await expect.poll(() => messagesIn(relay.logs)).toContain('the relay has caught up with the log again');
      await stop();
      expect(messagesIn(relay.logs)).toEqual([
        'the relay waits: its stream is away',
        'the relay has caught up with the log again',
      ]);
      expect(await relay.metric('relay_lag_events')).toBe(0);
    });

    test('two relays that try by turns in an outage log it once each', async () => {
      const [broker, db] = [await nats(), await database()];
      const relays = [relayOf(db, broker), relayOf(db, broker)];
      await broker.kill();
      const stop = follow(...relays);
      const leases = new Set<string>();
      await expect
        .poll(
          async () => {
            const row = await relayRow(db);
            if (row?.lease_id) leases.add(`${row.lease_id} ${row.lease_until}`);
            return leases.size;
          },
          { interval: 1 },
        )
        .toBeGreaterThanOrEqual(4);
      for (const { logs } of relays)
        await expect.poll(() => messagesIn(logs)).toContain('the relay waits: its stream is away');
      await stop();
      for (const { logs } of relays) expect(messagesIn(logs)).toEqual(['the relay waits: its stream is away']);
    });

    // proves C24
    test('connections that are cut with publishes under way leave neither a gap nor a repetition', async () => {
      const [broker, db] = [await nats(), await database()];
      // Each within a batch of 256 messages of about 500 bytes, after the questions at the start of a connection.
      const cutting = await link(broker, [700, 3_000, 20_000, 60_001, 100_000, 90_000, 200_000, 5_555, 40_000, 77_777]);
      await log(db, 3_000);
      const relay = relayOf(db, cutting);
      const stop = follow(relay);
      const consumer = await client(broker);
      await expect.poll(async () => idsOf(await consumer.stored().catch(() => []))).toEqual(await idsOfLog(db));
      await stop();
      expect(cutting.cuts()).toBe(10);
    });

    // proves C24
    test('two relays, of which each is halted in turn beyond its lease, store what 12 writers do as it stands in the log', async () => {
      const [broker, db] = [await nats(), await database()];
      const halts = [halt(), halt()] as const;
      const relays = halts.map(({ wrap }) => relayOf(db, broker, { wrap, leaseMs: 300 }));
      const stop = follow(...relays);
      const holder = async () => (await relayRow(db))?.lease_id;
      const writers = Array.from({ length: 12 }, async () => {
        for (let n = 0; n < 12; n += 1) await log(db, 5);
      });
      for (let round = 1; round <= 6; round += 1) {
        const reached = halts.map(({ stopHere }, index) => stopHere().then(() => index));
        await log(db, 20);
        const halted = await Promise.race(reached);
        const before = await holder();
        halts[halted === 0 ? 1 : 0].goOn();
        await expect.poll(holder).not.toBe(before);
        halts[halted === 0 ? 0 : 1].goOn();
        const takeovers = () =>
          relays.flatMap(({ logs }) => messagesIn(logs)).filter((message) => message.includes('taken the relay over'));
        await expect.poll(() => takeovers().length).toBe(round);
      }
      await Promise.all(writers);
      const consumer = await client(broker);
      await expect.poll(async () => idsOf(await consumer.stored())).toEqual(await idsOfLog(db));
      await stop();
      expect(await idsOfLog(db)).toHaveLength(12 * 12 * 5 + 120);
    });

    test('a relay that was halted while it published, and goes on after another has done its work, changes nothing', async () => {
      for (const duplicateWindowMs of [120_000, 100]) {
        const [broker, db] = [await nats(), await database()];
        const consumer = await client(broker);
        await consumer.jsm.streams.add({
          name: STREAM,
          subjects: ['registry.>'],
          duplicate_window: duplicateWindowMs * 1e6,
        });
        const { wrap, stopHere, goOn } = halt();
        const halted = relayOf(db, broker, { wrap, leaseMs: 100 });
        await log(db, 10);
        await halted.catchUp();
        await log(db, 300);
        const reached = stopHere();
        const turning = halted.turn(unaborted);
        await reached;
        const other = relayOf(db, broker);
        await expect.poll(() => turnsUntil(other, db.db)).toBe('caught up');
        await forgotten(consumer, (await idsOfLog(db)).at(-1) ?? '', duplicateWindowMs);
        goOn();
        await turning;
        expect(await halted.turn(unaborted)).toBe(0);
        expect(await relayRow(db)).toMatchObject({ position: 310 });
        expect(idsOf(await consumer.stored())).toEqual(await idsOfLog(db));
        await log(db, 10);
        await other.catchUp();
        expect(idsOf(await consumer.stored())).toEqual(await idsOfLog(db));
        expect(messagesIn(halted.logs).filter((message) => message.includes('away'))).toEqual([]);
      }
    });

    test('the stream refuses what does not come directly after its last message, and does not store an event twice', async () => {
      const [broker, db] = [await nats(), await database()];
      await log(db, 3);
      await relayOf(db, broker).catchUp();
      const { js, stored } = await client(broker);
      const [first = '', second = '', third = ''] = await idsOfLog(db);
      const publish = (msgID: string, lastMsgID: string) =>
        js.publish('registry.platform.thing.updated', '{}', { msgID, expect: { lastMsgID } });
      await expect(publish('early', second)).rejects.toThrow(`wrong last msg ID: ${third}`);
      await expect(publish(first, third)).resolves.toMatchObject({ duplicate: true });
      expect(idsOf(await stored())).toEqual([first, second, third]);
      const stream = closing(
        await openNatsStream(settingsFor(broker), { retentionDays: RETENTION_DAYS, signal: unaborted }),
        (each) => each.close(),
      );
      const rest = ['a', 'b', 'c'].map((id) => ({
        id,
        subject: 'registry.platform.thing.updated',
        event: {} as never,
      }));
      await expect(stream.append(rest, { id: second })).rejects.toThrow('wrong last msg ID');
      await expect(stream.append(rest, { sequence: 2 })).rejects.toThrow('wrong last sequence');
      expect(idsOf(await stored())).toEqual([first, second, third]);
    });

    test('a server that has forgotten the id of its last message takes the next one', async () => {
      const [broker, db] = [await nats(), await database()];
      const consumer = await client(broker);
      await consumer.jsm.streams.add({ name: STREAM, subjects: ['registry.>'], duplicate_window: 100 * 1e6 });
      const relay = relayOf(db, broker);
      await log(db, 3);
      await relay.catchUp();
      await forgotten(consumer, (await idsOfLog(db)).at(-1) ?? '', 100);
      await broker.kill();
      await broker.start();
      await log(db, 3);
      await relay.catchUp();
      expect(idsOf(await consumer.stored())).toEqual(await idsOfLog(db));
    });

    test('events that were deleted before they were relayed are counted and told, and the oldest kept comes next', async () => {
      const [broker, db] = [await nats(), await database()];
      const relay = relayOf(db, broker);
      await log(db, 5);
      await relay.catchUp();
      await relay.stop();
      await log(db, 10);
      const [sent, kept] = [(await idsOfLog(db)).slice(0, 5), (await idsOfLog(db)).slice(9)];
      await db.db.deleteFrom('events').where('position', '<', 10).execute();
      const later = relayOf(db, broker);
      await later.catchUp();
      const consumer = await client(broker);
      expect(idsOf(await consumer.stored())).toEqual([...sent, ...kept]);
      expect(await later.metric('relay_missed_events_total')).toBe(4);
      const lines = later.logs.map((line) => JSON.parse(line)).filter(({ level }) => level === 'error');
      expect(lines).toMatchObject([{ events: 4, after: 5, msg: expect.stringContaining('deleted before') }]);
      // All of them: the next event is stored nonetheless.
      await later.stop();
      await log(db, 3);
      await db.db.deleteFrom('events').execute();
      const last = relayOf(db, broker);
      await last.catchUp();
      expect(await last.metric('relay_missed_events_total')).toBe(3);
      expect(await last.metric('relay_lag_events')).toBe(0);
      await log(db, 1);
      await last.catchUp();
      expect(idsOf(await consumer.stored())).toEqual([...sent, ...kept, ...(await idsOfLog(db))]);
    });

    test('a stream that lost its end gets it again, a deleted one all that is kept, and a purged one what is new', async () => {
      const [broker, db] = [await nats(), await database()];
      const consumer = await client(broker);
      await consumer.jsm.streams.add({ name: STREAM, subjects: ['registry.>'], duplicate_window: 100 * 1e6 });
      const { streams } = consumer.jsm;
      const renew = async () => {
        await streams.delete(STREAM);
        await streams.add({ name: STREAM, subjects: ['registry.>'], duplicate_window: 100 * 1e6 });
      };
      const all = async (change: () => Promise<unknown>) => {
        const relay = relayOf(db, broker);
        await relay.catchUp();
        await relay.stop();
        await forgotten(consumer, (await idsOfLog(db)).at(-1) ?? '', 100);
        await change();
        await log(db, 2);
        const next = relayOf(db, broker);
        await next.catchUp();
        await next.stop();
        return { ids: idsOf(await consumer.stored()), logs: messagesIn(next.logs) };
      };
      await log(db, 10);
      const lost = await all(() => Promise.all([9, 10].map((seq) => streams.deleteMessage(STREAM, seq))));
      expect(lost).toEqual({ ids: await idsOfLog(db), logs: [expect.stringContaining('has lost events')] });
      const deleted = await all(renew);
      expect(deleted).toEqual({ ids: await idsOfLog(db), logs: [expect.stringContaining('has lost events')] });
      const purged = await all(() => streams.purge(STREAM));
      expect(purged).toEqual({ ids: (await idsOfLog(db)).slice(-2), logs: [] });
    });

    describe('a stream that is not the registry’s own is refused, in one line of the log', () => {
      const refused = async (prepare: (consumer: NatsClient, db: DatabaseHandle, broker: Nats) => Promise<unknown>) => {
        const [broker, db] = [await nats(), await database()];
        const consumer = await client(broker);
        await prepare(consumer, db, broker);
        const relay = relayOf(db, broker);
        await log(db, 3);
        const stop = follow(relay);
        await expect.poll(() => relay.logs.length).toBeGreaterThan(0);
        await stop();
        expect(relay.logs.map((line) => JSON.parse(line))).toMatchObject([
          { level: 'error', relay: 'nats', msg: 'the relay sends nothing: its stream cannot be used' },
        ]);
        return { reason: String(JSON.parse(relay.logs[0] ?? '').reason), consumer, relay, db };
      };
      const add = (config: Record<string, unknown>) => (consumer: NatsClient) =>
        consumer.jsm.streams.add({ name: STREAM, subjects: ['registry.>'], ...config });

      test('with other subjects', async () => {
        const { reason, consumer } = await refused(add({ subjects: ['registry.>', 'orders.>'] }));
        expect(reason).toContain('["registry.>","orders.>"]');
        expect(await consumer.stored()).toEqual([]);
      });

      test('with the subjects in another stream', async () => {
        expect((await refused(add({ name: 'OTHER' }))).reason).toContain('another stream has subjects of registry.>');
      });

      test('with a retention that lets its last message go', async () => {
        expect((await refused(add({ retention: 'workqueue' }))).reason).toContain('retention workqueue');
      });

      test('without acknowledgements', async () => {
        expect((await refused(add({ no_ack: true }))).reason).toContain('acknowledges nothing');
      });

      test('with the message of a stranger, until that is deleted', async () => {
        const { reason, consumer, relay, db } = await refused(async ({ js, jsm }, handle, broker) => {
          await log(handle, 2);
          const first = relayOf(handle, broker);
          await first.catchUp();
          await first.stop();
          await js.publish('registry.mine', '{}');
          expect((await jsm.streams.info(STREAM)).state.messages).toBe(3);
        });
        expect(reason).toContain('its last message (registry.mine) is no event of this registry');
        expect(await consumer.stored()).toHaveLength(3);
        await consumer.jsm.streams.deleteMessage(STREAM, 3);
        await relay.catchUp();
        expect(idsOf(await consumer.stored())).toEqual(await idsOfLog(db));
      });
    });

    test('the message of a stranger between events stops the relay, and no event is stored after it', async () => {
      const [broker, db] = [await nats(), await database()];
      const relay = relayOf(db, broker);
      await log(db, 2);
      await relay.catchUp();
      const consumer = await client(broker);
      await consumer.js.publish('registry.mine', '{}', { msgID: 'mine' });
      await log(db, 2);
      const stop = follow(relay);
      await expect.poll(() => messagesIn(relay.logs)).toContain('the relay sends nothing: its stream cannot be used');
      await stop();
      expect(idsOf(await consumer.stored()).slice(2)).toEqual(['mine']);
    });

    test('an event that is too large for the server goes without its data, and says how much it was', async () => {
      const [broker, db] = [await nats('max_payload: 4096'), await database()];
      await log(db, 1);
      await log(db, 1, { text: 'x'.repeat(4_000) });
      await log(db, 1);
      await relayOf(db, broker).catchUp();
      const stored = await (await client(broker)).stored();
      expect(idsOf(stored)).toEqual(await idsOfLog(db));
      expect(stored.map(({ omitted, body }) => [omitted !== '', Object.keys(body.data).length])).toEqual([
        [false, 1],
        [true, 0],
        [false, 1],
      ]);
      expect(Number(stored[1]?.omitted)).toBeGreaterThan(4_000);
    });

    test('user and password, or a token, let the registry in, and never come into the log', async () => {
      const secret = 'correct-horse-battery';
      const password = await nats(`authorization { user: registry, password: "${secret}" }`);
      const token = await nats(`authorization { token: "${secret}" }`);
      for (const [broker, good, bad] of [
        [password, { user: 'registry', password: secret }, { user: 'registry', password: `${secret}-wrong` }],
        [token, { token: secret }, { token: `${secret}-wrong` }],
      ] as const) {
        const db = await database();
        await log(db, 2);
        const wrong = relayOf(db, broker, { settings: settingsFor(broker, { login: bad }) });
        const stop = follow(wrong);
        await expect.poll(() => messagesIn(wrong.logs)).toContain('the relay waits: its stream is away');
        await stop();
        const right = relayOf(db, broker, { settings: settingsFor(broker, { login: good }) });
        await right.catchUp();
        await broker.kill();
        await log(db, 1);
        const stopRight = follow(right);
        await expect.poll(() => messagesIn(right.logs)).toContain('the relay waits: its stream is away');
        await stopRight();
        expect([...wrong.logs, ...right.logs].join('\n')).not.toContain(secret);
      }
    });

    test('the first server that answers is taken, and a start without any ends with the process', async () => {
      const [broker, db] = [await nats(), await database()];
      const nobody = '127.0.0.1:1';
      await log(db, 2);
      const relay = relayOf(db, broker, { settings: settingsFor(broker, { servers: [nobody, broker.address] }) });
      await relay.catchUp();
      await relay.stop();
      expect(await relayRow(db)).toMatchObject({ position: 2, lease_id: null });
      const server = await startTestServer({ database: db, eventsNats: settingsFor({ address: nobody }) });
      server.app.startWorkers();
      await expect.poll(() => messagesIn(server.logs)).toContain('the relay waits: its stream is away');
      await server.app.close();
      expect(await relayRow(db)).toMatchObject({ position: 2, lease_id: null });
    });
  },
);

interface Halt {
  readonly wrap: (stream: EventStream) => EventStream;
  /** Makes the next publish wait for `goOn`; resolves when one waits. */
  stopHere(): Promise<void>;
  goOn(): void;
}

/** A relay that can be halted as a stopped process is: with its messages made, and none sent. */
function halt(): Halt {
  let reached = Promise.withResolvers<void>();
  let released = Promise.withResolvers<void>();
  let halting = false;
  return {
    wrap: (stream) => ({
      ...stream,
      async append(messages, after) {
        if (halting) {
          reached.resolve();
          await released.promise;
        }
        return stream.append(messages, after);
      },
    }),
    stopHere() {
      [reached, released, halting] = [Promise.withResolvers(), Promise.withResolvers(), true];
      return reached.promise;
    },
    goOn() {
      halting = false;
      released.resolve();
    },
  };
}

/** Resolves when the stream would store the id again; with a window of minutes nothing is waited for. */
async function forgotten({ js }: NatsClient, msgID: string, windowMs: number): Promise<void> {
  if (windowMs > 1_000) return;
  const again = () =>
    js.publish('registry.platform.again', '{}', { msgID, expect: { lastSequence: 999_999 } }).then(
      () => 'known',
      () => 'forgotten',
    );
  await expect.poll(again).toBe('forgotten');
}
