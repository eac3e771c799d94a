// engine: postgres
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contextOf, newPlace } from '../../../../../test/support/config-history.ts';
import {
  adminOn,
  changeTo,
  type EtcdServer,
  etcdIsMissing,
  set,
  startOnEtcd,
  withoutEtcd,
  write,
} from '../../../../../test/support/etcd-store.ts';
import { runWorker, trailOf } from '../../../../../test/support/server.ts';
import { createLogger } from '../../../../kernel/logger.ts';
import type { Place } from '../port.ts';
import { createLink } from './link.ts';
import { createConfigRelay, type RelayOptions } from './relay.ts';
import { createStanding } from './standing.ts';

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => error.definition?.code ?? String(error),
  );

describe.skipIf(etcdIsMissing)(`the relay of configurations${withoutEtcd}`, () => {
  let there: EtcdServer;
  beforeAll(async () => {
    there = await startOnEtcd();
  });
  afterAll(() => there?.close());
  const db = () => there.server.app.deps.db;
  const relay = () => runWorker(there.server, 'configs-relay');
  const waiting = async () => (await there.etcd.range({ prefix: there.keys.intents }, { countOnly: true })).count;

  /** Returns how often each version is there, as revision, audit row and event. */
  async function countsOf(place: Place) {
    const { project_id } = place;
    const count = async (table: 'audit_log' | 'outbox_events', column: 'action' | 'event_type') => {
      const rows = await db().selectFrom(table).selectAll().where('project_id', '=', project_id).execute();
      return rows.filter((row) => String((row as Record<string, unknown>)[column]).startsWith('config.')).length;
    };
    const revisions = await db()
      .selectFrom('config_revisions')
      .select(['config_key', 'version'])
      .where('project_id', '=', project_id)
      .execute();
    return {
      revisions: revisions.length,
      audit: await count('audit_log', 'action'),
      events: await count('outbox_events', 'event_type'),
    };
  }

  function anotherRelay(more: Partial<RelayOptions> = {}) {
    const logger = createLogger('silent', { write: () => {} });
    const link = createLink(there.etcd, logger);
    const standing = createStanding({ db: db(), link, metaKey: there.keys.meta });
    const signals = { tell() {} };
    const clock = () => new Date();
    return createConfigRelay({ link, keys: there.keys, standing, db: db(), logger, signals, clock, ...more });
  }

  // proves B22
  test('one that ends between the commit of the database and the deletion in etcd leaves each version once', async () => {
    const place = await newPlace(there.server);
    await set(there.server, place, ['a', 1]);
    await set(there.server, place, ['a', 2]);
    const killed = anotherRelay({ committed: () => Promise.reject(new Error('killed')) });
    await expect(killed.turn(AbortSignal.timeout(60_000))).rejects.toThrow('killed');
    expect(await waiting()).toBe(2);
    expect(await countsOf(place)).toEqual({ revisions: 2, audit: 2, events: 2 });
    await set(there.server, place, ['a', 3]);
    await relay();
    expect(await waiting()).toBe(0);
    expect(await countsOf(place)).toEqual({ revisions: 3, audit: 3, events: 3 });
    const heads = await db()
      .selectFrom('config_heads')
      .selectAll()
      .where('project_id', '=', place.project_id)
      .execute();
    expect(heads).toMatchObject([{ keys: 1, bytes: 1 }]);
  });

  test('one that ends before the commit of the database leaves everything to the next', async () => {
    const place = await newPlace(there.server);
    await set(there.server, place, ['a', 1]);
    // The epoch is that of before a repair, so the transaction is rolled back at its end.
    const store = await db().selectFrom('config_store').selectAll().executeTakeFirstOrThrow();
    const standing = {
      refresh: async () => ({ epoch: 'another', base: 0, state: 'ready' as const, modRevision: 1 }),
      current: () => Promise.reject(new Error('not asked')),
      admit: () => Promise.reject(new Error('not asked')),
    };
    await expect(anotherRelay({ standing }).turn(AbortSignal.timeout(60_000))).rejects.toThrow('moved');
    expect(await countsOf(place)).toEqual({ revisions: 0, audit: 0, events: 0 });
    expect(await db().selectFrom('config_store').selectAll().executeTakeFirst()).toEqual(store);
    await relay();
    expect(await countsOf(place)).toEqual({ revisions: 1, audit: 1, events: 1 });
  });

  test('events come in the order of revisions over all projects, and a write of many keys stays together', async () => {
    const places = [await newPlace(there.server), await newPlace(there.server)] as const;
    const order: string[] = [];
    for (let n = 0; n < 120; n += 1) {
      const place = places[n % 2] ?? expect.fail();
      await write(there.server, place, [changeTo(`z-${n}`, n), changeTo(`a-${n}`, n)]);
      order.push(`${place.project_id}/z-${n}`, `${place.project_id}/a-${n}`);
    }
    expect(await relay()).toBe(240);
    const events = await db()
      .selectFrom('outbox_events')
      .select('aggregate_id')
      .where('event_type', 'like', 'config.%')
      .where(
        'project_id',
        'in',
        places.map(({ project_id }) => project_id),
      )
      .orderBy('id')
      .execute();
    expect(events.map(({ aggregate_id }) => aggregate_id)).toEqual(order);
  });

  test('several at once bring each version once', async () => {
    const place = await newPlace(there.server);
    for (let n = 0; n < 30; n += 1) await set(there.server, place, [`key-${n % 7}`, n]);
    const relays = [anotherRelay(), anotherRelay(), anotherRelay()];
    const drainBy = async (each: ReturnType<typeof anotherRelay>) => {
      for (let turns = 0; turns < 20; turns += 1) await each.turn(AbortSignal.timeout(60_000));
    };
    await Promise.all(relays.map(drainBy));
    expect(await waiting()).toBe(0);
    expect(await countsOf(place)).toEqual({ revisions: 30, audit: 30, events: 30 });
  });

  test('a version that the database refuses holds back its project alone, and is told', async () => {
    const [stuck, free] = [await newPlace(there.server), await newPlace(there.server)];
    const pin = { schema_id: randomUUID(), schema_version: 1 };
    const first = await set(there.server, stuck, ['a', 1]);
    await relay();
    // Only a defect could write it: no version of the schema was ever there.
    const change = { ...changeTo('a', 2, { ...first, ...pin }), ...pin };
    await there.server.app.deps.configStore.commit(contextOf(there.server), stuck, {
      changes: [change],
      write_id: randomUUID(),
    });
    await set(there.server, stuck, ['b', 1]);
    await set(there.server, free, ['a', 1]);
    await relay();
    expect(await countsOf(free)).toEqual({ revisions: 1, audit: 1, events: 1 });
    expect(await countsOf(stuck)).toEqual({ revisions: 1, audit: 1, events: 1 });
    expect(await waiting()).toBe(2);
    expect(there.server.logs.filter((line) => line.includes('the database refuses'))).toHaveLength(1);
    const left = await there.etcd.range({ prefix: there.keys.intents });
    await there.etcd.deleteKeys(left.kvs.map(({ key }) => key));
  });

  /** Writes keys of nothing under the intents. Returns how to delete them. */
  async function fillWith(count: number): Promise<() => Promise<void>> {
    const keys = Array.from({ length: count }, (_, n) => `${there.keys.intents}filler/${n}`);
    for (let from = 0; from < count; from += 100) {
      const success = keys.slice(from, from + 100).map((key) => ({ type: 'put' as const, key, value: '' }));
      await there.etcd.txn({ success });
    }
    return async () => {
      for (let from = 0; from < count; from += 100) await there.etcd.deleteKeys(keys.slice(from, from + 100));
    };
  }

  test('what waits is measured, and 10,000 that wait stop writers', async () => {
    const place = await newPlace(there.server);
    await set(there.server, place, ['a', 1]);
    const { relay: own } = there.server.app.deps.etcdConfigs ?? expect.fail();
    const empty = await fillWith(10_000);
    await own.turn(AbortSignal.abort());
    expect(own.waiting()).toBe(10_001);
    await expect.poll(() => codeOf(set(there.server, place, ['a', 2]))).toBe('unavailable');
    await empty();
    await relay();
    expect(own.waiting()).toBe(0);
    expect(own.lagSeconds()).toBe(0);
    await expect.poll(() => codeOf(set(there.server, place, ['a', 3]))).toBe('done');
  });

  test('changes of a deleted tenant are dropped, and the audit log says which; others of unknown projects wait', async () => {
    const place = await newPlace(there.server);
    const foreign: Place = { tenant_id: randomUUID(), project_id: randomUUID() };
    await relay();
    const written = await set(there.server, place, ['a', 1]);
    const intent = (await there.etcd.range({ prefix: there.keys.intentsOf(place, 'a') })).kvs[0] ?? expect.fail();
    await there.etcd.put(
      there.keys.intent(foreign, 'a', 1),
      intent.value
        .replaceAll(place.tenant_id, foreign.tenant_id)
        .replaceAll(place.project_id, foreign.project_id)
        .replace(/"id":"[^"]+"/, `"id":"${randomUUID()}"`),
    );
    await there.server.call(`POST /v1/tenants/${place.tenant_id}/cancel`);
    await there.server.call(`POST /v1/tenants/${place.tenant_id}/archive`);
    const { status } = await there.server.call(`DELETE /v1/tenants/${place.tenant_id}`);
    expect(status).toBe(204);
    await relay();
    expect(written.version).toBe(1);
    expect(await waiting()).toBe(1);
    const { relay: own, upkeep } = there.server.app.deps.etcdConfigs ?? expect.fail();
    expect(own.orphans()).toBe(1);
    const [gap] = await db()
      .selectFrom('audit_log')
      .selectAll()
      .where('action', '=', 'config.history_shortened')
      .where('target_id', '=', place.project_id)
      .execute();
    expect(gap?.metadata).toMatchObject({
      cause: 'tenant_deleted',
      keys: 1,
      missing: [{ key: 'a', from_version: 1, to_version: 1 }],
    });
    await there.etcd.put(there.keys.head(foreign), '');
    await there.etcd.put(there.keys.value(foreign, 'a'), intent.value);
    await upkeep.runOnce();
    expect((await there.etcd.range({ prefix: there.keys.valuesOf(place) })).count).toBe(0);
    expect((await there.etcd.range({ key: there.keys.head(place) })).count).toBe(0);
    expect((await there.etcd.range({ prefix: there.keys.valuesOf(foreign) })).count).toBe(1);
    expect(there.server.logs.some((line) => line.includes('projects that the database does not have'))).toBe(true);
    await there.etcd.deleteKeys([
      there.keys.intent(foreign, 'a', 1),
      there.keys.head(foreign),
      there.keys.value(foreign, 'a'),
    ]);
  });

  test('a version whose predecessor the database does not have is brought, and the gap is told', async () => {
    const place = await newPlace(there.server);
    await set(there.server, place, ['a', 1]);
    await relay();
    await set(there.server, place, ['a', 2]);
    await set(there.server, place, ['a', 3]);
    // As after a restore of the database: what was relayed once does not wait any more.
    await there.etcd.deleteKeys([there.keys.intent(place, 'a', 2)]);
    await relay();
    const trail = await trailOf(there.server, place.tenant_id);
    expect(
      trail.filter(({ action }) => action === 'config.history_shortened').map(({ metadata }) => metadata),
    ).toMatchObject([{ cause: 'database_restored', missing: [{ key: 'a', from_version: 2, to_version: 2 }] }]);
    const { config } = await there.server.app.deps.configStore.find(contextOf(there.server), place, 'a');
    expect(config).toMatchObject({ version: 3 });
  });

  test('what etcd keeps is read anew by an operator’s tools', async () => {
    const place = await newPlace(there.server);
    await set(there.server, place, ['a', 1]);
    const admin = adminOn({ db: db() }, there.settings);
    expect(await admin.relay.turn(AbortSignal.timeout(60_000))).toBeGreaterThan(0);
    admin.etcd.close();
    expect(await countsOf(place)).toEqual({ revisions: 1, audit: 1, events: 1 });
  });
});
