/** What one batch of the sequencer does to endpoints, and what pruning takes from the log. */
import { randomUUID } from 'node:crypto';
import { type Insertable, sql } from 'kysely';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/database.ts';
import type { Db } from '../../src/handles.ts';
import * as eventLog from '../../src/queries/event-log.ts';
import type { OutboxEvents, WebhookEndpoints } from '../../src/schema.ts';
import { testDatabase } from '../../src/testing.ts';
import { eventRowsOf } from '../event-constraints/rows.ts';
import { closedAfterTest, newTenant } from '../support.ts';

interface World {
  readonly db: Db;
  readonly url: string;
  readonly rows: ReturnType<typeof eventRowsOf>;
}

async function world(): Promise<World> {
  const { db, url = '' } = await closedAfterTest(testDatabase());
  return { db, url, rows: eventRowsOf(db) };
}

/** Moves one batch; a wait for a lock fails it. */
const moveBatch = (db: Db, limit = 1_000) =>
  db.transaction().execute(async (tx) => {
    await sql`set local lock_timeout = '2s'`.execute(tx);
    const head = await eventLog.claimEventHead(tx);
    expect(head).toBeTypeOf('number');
    return eventLog.appendEvents(tx, head as number, limit);
  });

const prune = (db: Db, days: number, limit = 1_000) =>
  db.transaction().execute(async (tx) => {
    const events = await eventLog.deleteOldEvents(tx, days, limit);
    await eventLog.deleteOrphanedDeliveries(tx, 1_000);
    return events;
  });

const nextAt = async (db: Db, id: string) =>
  (await db.selectFrom('webhook_endpoints').select('next_at').where('id', '=', id).executeTakeFirstOrThrow()).next_at;

describe('the deliveries of a batch', () => {
  type Endpoint = Pick<Insertable<WebhookEndpoints>, 'event_types'> & { id: string; tenant_id: string | null };
  type Queued = Required<Pick<Insertable<OutboxEvents>, 'id' | 'event_type' | 'aggregate_id'>> & {
    tenant_id: string | null;
  };

  /** Tells by the words of the API, not by SQL, whether an endpoint wants an event. */
  function wants(endpoint: Endpoint, event: Queued): boolean {
    if (endpoint.tenant_id !== null && endpoint.tenant_id !== event.tenant_id) return false;
    if (event.event_type === 'webhook.deliveries_failed' && event.aggregate_id === endpoint.id) return false;
    const ofType = (type: string) =>
      type === '*' ||
      type === event.event_type ||
      (type.endsWith('.*') && event.event_type.slice(0, type.length - 1) === type.slice(0, -1));
    return endpoint.event_types.some(ofType);
  }

  // proves C24
  test('are those that each endpoint wants, of its own tenant, or of all and of none for the platform, and never of its own failures', async () => {
    const { db, rows } = await world();
    const tenants = [await newTenant(db), await newTenant(db)];
    const filters = [
      ['*'],
      ['tenant.*'],
      ['tenant.created'],
      ['tenant.created', 'tenant.*', '*'],
      ['webhook.*'],
      ['tenant'],
    ];
    const endpoints: Endpoint[] = [...tenants, null].flatMap((tenant_id) =>
      filters.map((event_types) => ({ id: randomUUID(), tenant_id, event_types })),
    );
    for (const endpoint of endpoints) await rows.endpoint(endpoint);
    await rows.endpoint({ status: 'disabled', disabled_reason: 'gone' });
    const types = ['tenant.created', 'tenant.updated', 'tenant.config.changed', 'tenants.listed', 'webhook.updated'];
    const failed = endpoints.map(({ id, tenant_id }) => ({ tenant_id, aggregate_id: id }));
    const events: Queued[] = [
      ...[...tenants, null, randomUUID()].flatMap((tenant_id) =>
        types.map((event_type) => ({ id: randomUUID(), tenant_id, event_type, aggregate_id: 'a' })),
      ),
      ...failed.map((about) => ({ id: randomUUID(), event_type: 'webhook.deliveries_failed', ...about })),
    ];
    for (const event of events) await rows.queued({ aggregate_type: 'thing', ...event });

    const expected = events.flatMap((event, index) =>
      endpoints
        .filter((endpoint) => wants(endpoint, event))
        .map((endpoint) => ({
          endpoint_id: endpoint.id,
          tenant_id: endpoint.tenant_id,
          event_id: event.id,
          event_type: event.event_type,
          position: index + 1,
          aggregate: `thing:${event.aggregate_id}`,
          state: 'pending',
          attempts: 0,
          replay_of: null,
        })),
    );
    const done = [await moveBatch(db, 7), await moveBatch(db)];
    expect(done.map(({ events }) => events)).toEqual([7, events.length - 7]);
    expect(done.reduce((sum, { deliveries }) => sum + deliveries, 0)).toBe(expected.length);
    const made = await db
      .selectFrom('webhook_deliveries')
      .select(['endpoint_id', 'tenant_id', 'event_id', 'event_type', 'position', 'aggregate'])
      .select(['state', 'attempts', 'replay_of'])
      .execute();
    const asText = (list: readonly object[]) => list.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
    expect(asText(made)).toEqual(asText(expected));
    for (const { id } of endpoints) {
      const wanted = expected.some(({ endpoint_id }) => endpoint_id === id);
      expect((await nextAt(db, id)) !== null, id).toBe(wanted);
    }
  });

  test('wake an endpoint that waits for nothing or for a later attempt, and leave one that fails between its probes', async () => {
    const { db, rows } = await world();
    const next_at = '2100-01-01T00:00:00.000Z';
    const [idle, later] = [await rows.endpoint(), await rows.endpoint({ next_at, failures: 2 })];
    const [due, failing] = [
      await rows.endpoint({ next_at: '2020-01-01T00:00:00.000Z' }),
      await rows.endpoint({ next_at, failures: 3 }),
    ];
    await rows.queued();
    await moveBatch(db);
    expect(await nextAt(db, failing)).toBe(next_at);
    expect(await nextAt(db, due)).toBe('2020-01-01T00:00:00.000Z');
    expect(await nextAt(db, idle)).not.toBeNull();
    expect(await nextAt(db, later)).not.toBe(next_at);
  });

  test('are none where nothing is queued, and the end of the log stays', async () => {
    const { db, rows } = await world();
    await rows.endpoint();
    expect(await moveBatch(db)).toEqual({ events: 0, deliveries: 0 });
    expect(await eventLog.findEventHead(db)).toBe(0);
  });
});

describe.runIf(inject('engine') === 'postgres')('other transactions', () => {
  /** Opens a transaction on a connection of its own, which is rolled back after the test. */
  async function another({ url }: World) {
    const { db, close } = await openDatabase({ url });
    const tx = await db.startTransaction().execute();
    onTestFinished(async () => {
      if (!tx.isRolledBack) await tx.rollback().execute();
      await close();
    });
    return tx;
  }

  test.each([
    ['locks', (id: string) => sql`select from webhook_endpoints where id = ${id} for update`],
    [
      'disables',
      (id: string) => sql`update webhook_endpoints set status = 'disabled', disabled_reason = 'gone' where id = ${id}`,
    ],
    ['deletes', (id: string) => sql`delete from webhook_endpoints where id = ${id}`],
  ])(
    'one that %s an endpoint delays neither the log nor other endpoints, and its deliveries are made',
    async (_, hold) => {
      const given = await world();
      const { db, rows } = given;
      const [held, free] = [await rows.endpoint(), await rows.endpoint()];
      const holder = await another(given);
      await hold(held).execute(holder);
      await rows.queued();
      expect(await moveBatch(db)).toEqual({ events: 1, deliveries: 2 });
      expect(await nextAt(db, held)).toBeNull();
      expect(await nextAt(db, free)).not.toBeNull();
      await holder.rollback().execute();
      await rows.queued();
      await moveBatch(db);
      expect(await nextAt(db, held)).not.toBeNull();
    },
  );

  // proves C24
  test('one that has the end of the log keeps all others from it without letting them wait', async () => {
    const given = await world();
    const holder = await another(given);
    expect(await eventLog.claimEventHead(holder)).toBe(0);
    const claim = () => given.db.transaction().execute((tx) => eventLog.claimEventHead(tx));
    expect(await claim()).toBeUndefined();
    await holder.rollback().execute();
    expect(await claim()).toBe(0);
  });
});

describe('pruning', () => {
  /** Fills the log: one event for each age in days, with a delivery and an attempt. */
  async function logOf({ db, rows }: World, ages: readonly number[]): Promise<void> {
    for (const [index, days] of ages.entries()) {
      const position = index + 1;
      const recorded_at = new Date(Date.now() - days * 86_400_000).toISOString();
      const event_id = await rows.event({ position, recorded_at });
      await rows.attempt({ delivery_id: await rows.delivery({ position, event_id }) });
    }
    await db.updateTable('event_head').set({ position: ages.length }).execute();
  }

  async function left(db: Db): Promise<{ events: number[]; deliveries: number[]; attempts: number }> {
    const positions = async (table: 'events' | 'webhook_deliveries') =>
      (await db.selectFrom(table).select('position').orderBy('position').execute()).map(({ position }) => position);
    const attempts = await db.selectFrom('webhook_attempts').select('n').execute();
    return {
      events: await positions('events'),
      deliveries: await positions('webhook_deliveries'),
      attempts: attempts.length,
    };
  }

  test('takes what is old from the left edge in batches, with deliveries and attempts, and leaves the end of the log', async () => {
    const given = await world();
    await logOf(given, [40, 39, 38, 37, 31, 29, 1, 0]);
    const { db, rows } = given;
    expect(await prune(db, 30, 3)).toBe(3);
    expect(await left(db)).toEqual({ events: [4, 5, 6, 7, 8], deliveries: [4, 5, 6, 7, 8], attempts: 5 });
    expect(await prune(db, 30, 3)).toBe(2);
    expect(await prune(db, 30, 3)).toBe(0);
    expect(await left(db)).toEqual({ events: [6, 7, 8], deliveries: [6, 7, 8], attempts: 3 });
    expect(await eventLog.findEventHead(db)).toBe(8);
    await rows.queued();
    await moveBatch(db);
    expect((await left(db)).events).toEqual([6, 7, 8, 9]);
  });

  test('stops at the first event that is young, though older ones follow: the log gets no gap', async () => {
    const given = await world();
    await logOf(given, [40, 29, 40, 0]);
    expect(await prune(given.db, 30)).toBe(1);
    expect(await left(given.db)).toEqual({ events: [2, 3, 4], deliveries: [2, 3, 4], attempts: 3 });
    expect(await prune(given.db, 30)).toBe(0);
  });

  test('of a log in which all is old leaves the end of the log where it is', async () => {
    const given = await world();
    await logOf(given, [40, 40]);
    await prune(given.db, 30);
    expect(await left(given.db)).toEqual({ events: [], deliveries: [], attempts: 0 });
    expect(await eventLog.findEventHead(given.db)).toBe(2);
  });
});
