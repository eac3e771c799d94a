// engine: postgres
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contextOf, newPlace } from '../../../../../test/support/config-history.ts';
import {
  changeTo,
  deletionOf,
  type EtcdServer,
  etcdIsMissing,
  set,
  startOnEtcd,
  withoutEtcd,
  write,
} from '../../../../../test/support/etcd-store.ts';
import { runWorker, trailOf } from '../../../../../test/support/server.ts';
import { cursorOf } from '../../cursor.ts';
import type { Place } from '../port.ts';

describe.skipIf(etcdIsMissing)(`configurations in etcd${withoutEtcd}`, () => {
  let there: EtcdServer;
  beforeAll(async () => {
    there = await startOnEtcd();
  });
  afterAll(() => there?.close());
  const store = () => there.server.app.deps.configStore;
  const ctx = () => contextOf(there.server);
  const find = async (place: Place, key: string) => (await store().find(ctx(), place, key)).config;
  const relay = () => runWorker(there.server, 'configs-relay');
  const db = () => there.server.app.deps.db;
  const revisionsOf = ({ project_id }: Place) =>
    db().selectFrom('config_revisions').selectAll().where('project_id', '=', project_id).orderBy('revision').execute();

  // proves B10, B20
  test('a value that was written is read, with its version, by whoever asks next', async () => {
    const place = await newPlace(there.server);
    expect(await find(place, 'limits')).toBeUndefined();
    expect(await store().head(ctx(), place)).toMatchObject({ revision: 0 });
    const written = await set(there.server, place, ['limits', { max: 5, text: 'ü' }]);
    expect(written).toMatchObject({ version: 1, deleted: false, content: { max: 5, text: 'ü' } });
    expect(await find(place, 'limits')).toEqual(written);
    expect((await store().head(ctx(), place)).revision).toBe(written.revision);
    const next = await set(there.server, place, ['limits', null]);
    expect(next).toMatchObject({ version: 2, content: null, created_at: written.created_at });
    expect(next.revision).toBeGreaterThan(written.revision);
    expect(await find(place, 'limits')).toEqual(next);
  });

  // proves B17
  test('a write from a version that is not current any more changes nothing', async () => {
    const place = await newPlace(there.server);
    const first = await set(there.server, place, ['limits', 1]);
    const second = await set(there.server, place, ['limits', 2]);
    const late = { changes: [changeTo('other', 1), changeTo('limits', 3, first)], write_id: randomUUID() };
    expect(await store().commit(ctx(), place, late)).toEqual({ outcome: 'conflict', key: 'limits' });
    const fresh = { changes: [changeTo('limits', 3)], write_id: randomUUID() };
    expect(await store().commit(ctx(), place, fresh)).toEqual({ outcome: 'conflict', key: 'limits' });
    expect(await find(place, 'limits')).toEqual(second);
    expect(await find(place, 'other')).toBeUndefined();
  });

  test('64 writers of one key: as many versions as successes', async () => {
    const place = await newPlace(there.server);
    await set(there.server, place, ['limits', 0]);
    const attempt = async (n: number) => {
      const base = await find(place, 'limits');
      const { outcome } = await store().commit(ctx(), place, {
        changes: [changeTo('limits', n, base)],
        write_id: randomUUID(),
      });
      return outcome;
    };
    const outcomes = await Promise.all(Array.from({ length: 64 }, (_, n) => attempt(n)));
    const committed = outcomes.filter((each) => each === 'committed').length;
    expect(committed).toBeGreaterThan(0);
    expect((await find(place, 'limits'))?.version).toBe(1 + committed);
  });

  test('60 keys with 480 KiB together are written at one revision', async () => {
    const place = await newPlace(there.server);
    const content = 'x'.repeat(8_190);
    const changes = Array.from({ length: 60 }, (_, n) => changeTo(`key-${n}`, content));
    const written = await write(there.server, place, changes);
    expect(new Set(written.map(({ revision }) => revision)).size).toBe(1);
    expect(written.map(({ key }) => key)).toEqual(changes.map(({ key }) => key));
    expect(await relay()).toBeGreaterThanOrEqual(60);
    expect(await revisionsOf(place)).toHaveLength(60);
  });

  // proves B22
  test('the relay makes one revision, one audit row and one event of each version, and ends the wait', async () => {
    const place = await newPlace(there.server);
    const first = await set(there.server, place, ['limits', { a: 1 }]);
    const second = await set(there.server, place, ['limits', { a: 2 }]);
    const [gone] = await write(there.server, place, [deletionOf(second)]);
    const asked = { key: 'limits', limit: 10, bytesMax: 1_000_000 };
    const unrelayed = () => store().listUnrelayed?.(ctx(), place, asked);
    expect((await unrelayed())?.rows.map(({ version }) => version)).toEqual([3, 2, 1]);
    await relay();
    expect(await unrelayed()).toEqual({ rows: [], more: false });
    const rows = await revisionsOf(place);
    expect(rows).toMatchObject([
      { version: 1, revision: first.revision, operation: 'create', content: { a: 1 }, reason: 'a test' },
      { version: 2, revision: second.revision, operation: 'update', content: { a: 2 } },
      { version: 3, revision: gone?.revision, operation: 'delete', content: null, reason: null },
    ]);
    const trail = (await trailOf(there.server, place.tenant_id)).filter(({ action }) => action.startsWith('config.'));
    expect(trail).toMatchObject([
      { action: 'config.created', description: 'a test', actor_id: 'tests', target_id: `${place.project_id}/limits` },
      { action: 'config.updated' },
      { action: 'config.deleted', description: null },
    ]);
    expect(trail.map(({ metadata }) => JSON.stringify(metadata)).join()).not.toContain('"a":');
    const events = await db()
      .selectFrom('outbox_events')
      .select(['id', 'event_type'])
      .where('project_id', '=', place.project_id)
      .where('event_type', 'like', 'config.%')
      .execute();
    expect(events.map(({ id }) => id).sort()).toEqual(trail.map(({ id }) => id).sort());
    const [value] = await db().selectFrom('configs').selectAll().where('project_id', '=', place.project_id).execute();
    expect(value).toMatchObject({ version: 3, revision: gone?.revision, content: null });
    expect(value?.deleted_at).not.toBeNull();
    const head = await db().selectFrom('config_heads').selectAll().where('project_id', '=', place.project_id).execute();
    expect(head).toMatchObject([{ keys: 1, bytes: 0, revision: gone?.revision }]);
  });

  test('pages come in the order of bytes, of one state, with a bound of bytes', async () => {
    const place = await newPlace(there.server);
    const written = await write(
      there.server,
      place,
      ['b', 'a', 'B', 'a.1', 'c'].map((key) => changeTo(key, key.repeat(100))),
    );
    await write(there.server, place, [deletionOf(written[4] ?? expect.fail())]);
    const page = (asked: object) =>
      store().page(ctx(), place, { prefix: '', limit: 10, bytesMax: 1_000_000, ...asked });
    const all = await page({});
    expect(all.rows.map(({ key }) => key)).toEqual(['B', 'a', 'a.1', 'b']);
    expect(all).toMatchObject({ more: false, revision: (await store().head(ctx(), place)).revision });
    const first = await page({ limit: 2 });
    expect(first).toMatchObject({ more: true });
    await set(there.server, place, ['a.1', 'new']);
    await set(there.server, place, ['aa', 'new']);
    const at = { epoch: first.epoch, revision: first.revision };
    const second = await page({ limit: 2, after: 'a', at });
    expect(second.rows.map(({ key, version }) => [key, version])).toEqual([
      ['a.1', 1],
      ['b', 1],
    ]);
    expect(second).toMatchObject({ ...at, more: false });
    expect((await page({ prefix: 'a' })).rows.map(({ key }) => key)).toEqual(['a', 'a.1', 'aa']);
    expect((await page({ bytesMax: 1 })).rows).toHaveLength(1);
    await expect(page({ at: { ...at, epoch: 'other' } })).rejects.toMatchObject({
      definition: { code: 'invalid_cursor' },
    });
    await expect(page({ at: { ...at, revision: all.revision + 1_000 } })).rejects.toMatchObject({
      definition: { code: 'invalid_cursor' },
    });
  });

  test('a state that etcd has compacted is read from the history, once the relay has brought it', async () => {
    const place = await newPlace(there.server);
    const first = await set(there.server, place, ['limits', 'old']);
    const at = { epoch: (await store().head(ctx(), place)).epoch, revision: first.revision };
    const last = await set(there.server, place, ['limits', 'new']);
    const { revision } = await there.etcd.range({ key: there.keys.all });
    await there.etcd.compact(revision);
    const asked = { prefix: '', limit: 10, bytesMax: 1_000, at };
    await expect(store().page(ctx(), place, asked)).rejects.toMatchObject({ definition: { code: 'invalid_cursor' } });
    await relay();
    expect(await store().page(ctx(), place, asked)).toEqual({ ...at, rows: [first], more: false });
    expect((await store().page(ctx(), place, { ...asked, at: undefined })).rows).toEqual([last]);
    expect((await store().page(ctx(), place, { ...asked, at: { ...at, revision: last.revision } })).rows).toEqual([
      last,
    ]);
  });

  test('what the database is asked for is of the newest state that the relay has brought', async () => {
    const place = await newPlace(there.server);
    const from = cursorOf(place, await store().head(ctx(), place));
    const path = `/v1/projects/${place.project_id}`;
    const search = () => there.server.call(`GET ${path}/configs?contains=${encodeURIComponent('{"a":1}')}`);
    const difference = () => there.server.call(`GET ${path}/config-diff?from=${from}`);
    await set(there.server, place, ['limits', { a: 1 }]);
    for (const answer of [await search(), await difference()])
      expect(answer).toMatchObject({ status: 200, body: { items: [] } });
    await relay();
    for (const answer of [await search(), await difference()])
      expect(answer).toMatchObject({ status: 200, body: { items: [{ key: 'limits' }] } });
  });

  // proves B19
  test('what the database does not allow is not written: frozen tenants, archived projects, foreign projects, no room', async () => {
    const place = await newPlace(there.server);
    const refusal = (where: Place, content: unknown = 1) =>
      store()
        .commit(ctx(), where, { changes: [changeTo('limits', content)], write_id: randomUUID() })
        .then(
          () => 'committed',
          (error) => error.definition?.code ?? String(error),
        );
    const other = await newPlace(there.server);
    expect(await refusal({ ...place, tenant_id: other.tenant_id })).toBe('not_found');
    const pinned = { ...changeTo('limits', 1), schema_id: randomUUID(), schema_version: 1 };
    await expect(store().commit(ctx(), place, { changes: [pinned], write_id: randomUUID() })).rejects.toMatchObject({
      definition: { code: 'config_schema_not_found' },
    });
    await db()
      .insertInto('config_heads')
      .values({ ...place, revision: 0, keys: 10_000, bytes: 5 })
      .execute();
    expect(await refusal(place)).toBe('config_quota_exceeded');
    await there.server.call(`POST /v1/projects/${other.project_id}/archive`);
    expect(await refusal(other)).toBe('project_archived');
    const frozen = await newPlace(there.server);
    await there.server.call(`POST /v1/tenants/${frozen.tenant_id}/cancel`);
    expect(await refusal(frozen)).toBe('tenant_frozen');
    expect((await there.etcd.range({ prefix: there.keys.valuesOf(place) })).count).toBe(0);
  });

  test('a user who was deleted before the relay came is known by name', async () => {
    const place = await newPlace(there.server);
    const actor = { ...ctx().actor, tenant_id: place.tenant_id, user_id: randomUUID(), name: 'Ada Lovelace' };
    const changes = [changeTo('limits', 1)];
    await store().commit({ ...ctx(), actor }, place, { changes, write_id: randomUUID() });
    await relay();
    expect(await revisionsOf(place)).toMatchObject([{ author_user_id: null, author: { name: 'Ada Lovelace' } }]);
  });
});
