// engine: postgres
/** Versions that wait for the database, while the relay stands: how many there may be, and how they are read. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contextOf, newPlace } from '../../../../../test/support/config-history.ts';
import {
  changeTo,
  type EtcdServer,
  etcdIsMissing,
  set,
  startOnEtcd,
  withoutEtcd,
  write,
} from '../../../../../test/support/etcd-store.ts';
import { newProject, runWorker } from '../../../../../test/support/server.ts';
import { createLogger } from '../../../../kernel/logger.ts';
import { createEtcdStore } from '../etcd.ts';
import type { Place } from '../port.ts';
import { createLink } from './link.ts';
import { createStanding } from './standing.ts';
import { TENANT_WAITING_MAX } from './waiting-places.ts';

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => error.definition?.code ?? String(error),
  );

describe.skipIf(etcdIsMissing)(`versions that wait for the database${withoutEtcd}`, () => {
  let there: EtcdServer;
  beforeAll(async () => {
    there = await startOnEtcd();
  });
  afterAll(() => there?.close());
  const store = () => there.server.app.deps.configStore;
  const ctx = () => contextOf(there.server);
  const relayAll = async () => {
    while ((await runWorker(there.server, 'configs-relay')) > 0);
  };

  /** The store of another process, whose first write waits for what `meanwhile` does. */
  function anotherStore(meanwhile: () => Promise<unknown> = async () => {}) {
    let isFirst = true;
    const txn: typeof there.etcd.txn = async (asked) => {
      const waits = isFirst && asked.success.some(({ type }) => type === 'put');
      if (waits) isFirst = false;
      if (waits) await meanwhile();
      return there.etcd.txn(asked);
    };
    const logger = createLogger('silent', { write: () => {} });
    const link = createLink({ ...there.etcd, txn }, logger);
    const standing = createStanding({ db: there.server.app.deps.db, link, metaKey: there.keys.meta });
    return createEtcdStore({ link, keys: there.keys, standing, logger, intended() {} });
  }

  const sixty = (round: number, count = 60) =>
    Array.from({ length: count }, (_, n) => changeTo(`key-${round}-${n}`, round));

  // proves B20
  test('one tenant has its share of the places, in all its projects, and others write on', async () => {
    const [one, other] = [await newPlace(there.server), await newPlace(there.server)];
    const { id: project_id } = await newProject(there.server, one.tenant_id);
    const places = [one, { ...one, project_id }];
    const rounds = Math.floor(TENANT_WAITING_MAX / 60);
    for (let n = 0; n < rounds; n += 1) await write(there.server, places[n % 2] ?? expect.fail(), sixty(n));
    const left = TENANT_WAITING_MAX - rounds * 60;
    expect(await codeOf(write(there.server, one, sixty(rounds)))).toBe('unavailable');
    expect(await codeOf(write(there.server, one, sixty(rounds, left)))).toBe('done');
    for (const place of places) expect(await codeOf(set(there.server, place, ['more', 1]))).toBe('unavailable');
    const commit = { changes: [changeTo('more', 1)], write_id: randomUUID() };
    expect(await codeOf(anotherStore().commit(ctx(), one, commit))).toBe('unavailable');
    const url = `PUT /v1/projects/${one.project_id}/configs/more`;
    const refused = await there.server.call(url, { body: { content: 1, expected_version: 0 } });
    expect([refused.status, refused.body.code]).toEqual([503, 'unavailable']);
    expect(refused.body.detail).toContain('of this tenant wait for the database');
    for (let n = 0; n < 3; n += 1) expect(await codeOf(write(there.server, other, sixty(n)))).toBe('done');
    await relayAll();
    await expect.poll(() => codeOf(set(there.server, one, ['more', 1]))).toBe('done');
    await relayAll();
  });

  // proves B12, B22
  test('of a key are read in pages, newest first, as far as they are asked for', async () => {
    const place = await newPlace(there.server);
    const relayed = 5;
    for (let n = 1; n <= 75; n += 1) {
      await set(there.server, place, ['a', n]);
      if (n === relayed) await relayAll();
    }
    const list = async (asked: { limit: number; bytesMax?: number; before?: number }) => {
      const page = await store().listUnrelayed?.(ctx(), place, { key: 'a', bytesMax: 1_000_000, ...asked });
      return [page?.rows.map(({ version }) => version), page?.more];
    };
    const down = (from: number, count: number) => Array.from({ length: count }, (_, n) => from - n);
    expect(await list({ limit: 3 })).toEqual([[75, 74, 73], true]);
    expect(await list({ limit: 100 })).toEqual([down(75, 70), false]);
    expect(await list({ limit: 100, before: 40 })).toEqual([down(39, 34), false]);
    expect(await list({ limit: 100, bytesMax: 1 })).toEqual([[75], true]);
    expect(await list({ limit: 100, before: 6 })).toEqual([[], false]);
    const find = (version: number) => store().findUnrelayed?.(ctx(), place, { key: 'a', version });
    expect(await find(6)).toMatchObject({ version: 6, content: 6, operation: 'update' });
    expect([await find(5), await find(76)]).toEqual([undefined, undefined]);
    const versions: number[] = [];
    for (let cursor = ''; ; ) {
      const more = cursor === '' ? '' : `&cursor=${cursor}`;
      const url = `GET /v1/projects/${place.project_id}/configs/a/revisions?limit=20${more}`;
      const { body } = await there.server.call(url);
      versions.push(...body.items.map(({ version }: { version: number }) => version));
      if (body.next_cursor === null) break;
      cursor = body.next_cursor;
    }
    expect(versions).toEqual(down(75, 75));
    await relayAll();
  });

  test('are looked through for a write up to a bound of bytes, and beyond it the answer is 503 and no wrong one', async () => {
    const place = await newPlace(there.server);
    const since = new Date(Date.now() - 60_000).toISOString();
    const first = await set(there.server, place, ['a', 'first']);
    const content = 'x'.repeat(250_000);
    const written = (write_id: string, from = since) =>
      codeOf(
        store()
          .findWritten?.(ctx(), place, { key: 'a', write_id, since: from })
          .then((found) => {
            if (found === undefined) throw new Error('none');
          }) ?? expect.fail(),
      );
    for (let n = 0; n < 20; n += 1) await set(there.server, place, ['a', content + n]);
    expect(await written(first.write_id)).toBe('done');
    expect(await written('another')).toBe('Error: none');
    for (let n = 0; n < 90; n += 1) await set(there.server, place, ['a', content + n]);
    expect(await written('another')).toBe('unavailable');
    expect(await written(first.write_id)).toBe('unavailable');
    expect(await written(first.write_id, new Date(Date.now() + 60_000).toISOString())).toBe('Error: none');
    expect(await codeOf(store().listUnrelayedPins?.(ctx(), place.tenant_id) ?? expect.fail())).toBe('unavailable');
    await relayAll();
    expect(await written(first.write_id)).toBe('done');
    expect(await written('another')).toBe('Error: none');
  });

  describe('the schema of a value', () => {
    async function newSchema(): Promise<Place & { readonly schema: string }> {
      const place = await newPlace(there.server);
      const body = { tenant_id: place.tenant_id, name: `s-${randomUUID()}`, content: true };
      const { body: made } = await there.server.call('POST /v1/schemas', { body });
      return { ...place, schema: made.id };
    }
    const put = ({ project_id }: Place, key: string, body: object) =>
      there.server.call(`PUT /v1/projects/${project_id}/configs/${key}`, { body: { content: 1, ...body } });
    const remove = (schema: string) => there.server.call(`DELETE /v1/schemas/${schema}`);

    // proves B28
    test('is not deleted, and counts what the database does not know yet', async () => {
      const { schema, ...place } = await newSchema();
      await put(place, 'a', { expected_version: 0, schema_id: schema });
      await put(place, 'b', { expected_version: 0, schema_id: schema });
      await put(place, 'c', { expected_version: 0 });
      const refused = await remove(schema);
      expect([refused.status, refused.body.code, refused.body.in_use]).toEqual([
        409,
        'schema_in_use',
        { configs: 2, projects: 1 },
      ]);
      await relayAll();
      await put(place, 'a', { expected_version: 1, schema_id: null });
      expect((await remove(schema)).body.in_use).toEqual({ configs: 1, projects: 1 });
      await there.server.call(`DELETE /v1/projects/${place.project_id}/configs/b?expected_version=1`);
      expect((await remove(schema)).status).toBe(204);
      const late = await put(place, 'd', { expected_version: 0, schema_id: schema });
      expect([late.status, late.body.code]).toEqual([400, 'config_schema_not_found']);
      await relayAll();
    });

    // proves B28
    test('and a first value at the same time: no value is left with a deleted schema', async () => {
      const outcomes = new Set<string>();
      for (let n = 0; n < 8; n += 1) {
        const { schema, ...place } = await newSchema();
        const work = [() => put(place, 'a', { expected_version: 0, schema_id: schema }), () => remove(schema)];
        const answers = await Promise.all((n % 2 === 0 ? work : work.toReversed()).map((each) => each()));
        const [written, removed] = n % 2 === 0 ? answers : answers.toReversed();
        const codes = [written?.body?.code ?? 'ok', removed?.body?.code ?? 'ok'].join(' ');
        expect(['ok schema_in_use', 'config_schema_not_found ok']).toContain(codes);
        outcomes.add(codes);
        const { config } = await store().find(ctx(), place, 'a');
        expect(config?.schema_id).toBe(codes.startsWith('ok') ? schema : undefined);
      }
      expect(outcomes.size).toBeGreaterThan(0);
    });

    // proves B28
    test('that is deleted between the check of a write and its commit in etcd: the write is refused', async () => {
      const { schema, ...place } = await newSchema();
      let removed: number | undefined;
      const slow = anotherStore(async () => {
        removed = (await remove(schema)).status;
      });
      const changes = [{ ...changeTo('a', 1), schema_id: schema, schema_version: 1 }];
      const committed = codeOf(slow.commit(ctx(), place, { changes, write_id: randomUUID() }));
      expect(await committed).toBe('config_schema_not_found');
      expect(removed).toBe(204);
      expect((await store().find(ctx(), place, 'a')).config).toBeUndefined();
    });

    test('whose deletion is refused meanwhile: a write that was checked before goes through', async () => {
      const { schema, ...place } = await newSchema();
      await put(place, 'b', { expected_version: 0, schema_id: schema });
      let removed: number | undefined;
      const slow = anotherStore(async () => {
        removed = (await remove(schema)).status;
      });
      const changes = [{ ...changeTo('a', 1), schema_id: schema, schema_version: 1 }];
      expect(await codeOf(slow.commit(ctx(), place, { changes, write_id: randomUUID() }))).toBe('done');
      expect(removed).toBe(409);
      expect((await store().find(ctx(), place, 'a')).config).toMatchObject({ version: 1, schema_id: schema });
      await relayAll();
    });
  });
});
