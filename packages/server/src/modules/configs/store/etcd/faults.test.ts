// engine: postgres
import { randomUUID } from 'node:crypto';
import { createEtcd, type Etcd, EtcdError } from '@tenant-registry/etcd';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { contextOf, newPlace } from '../../../../../test/support/config-history.ts';
import {
  changeTo,
  type EtcdServer,
  etcdIsMissing,
  set,
  startOnEtcd,
  withoutEtcd,
} from '../../../../../test/support/etcd-store.ts';
import { runWorker, type TestServer } from '../../../../../test/support/server.ts';
import { createLogger } from '../../../../kernel/logger.ts';
import { createEtcdStore } from '../etcd.ts';
import type { Place } from '../port.ts';
import { createLink } from './link.ts';
import { createStanding } from './standing.ts';

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => error.definition?.code ?? String(error),
  );
const findIn = ({ app }: TestServer, place: Place, key: string) =>
  app.deps.configStore.find(contextOf({ app } as TestServer), place, key);
const upOf = async ({ app }: TestServer) =>
  /^tenant_registry_config_store_up (\d)/m.exec(await app.deps.metrics.registry.metrics())?.[1];

describe.skipIf(etcdIsMissing)(`configurations while members of etcd are away${withoutEtcd}`, () => {
  let there: EtcdServer;
  beforeAll(async () => {
    there = await startOnEtcd({ cluster: { members: 3 } });
  });
  afterAll(() => there?.close());

  // proves B20
  test('writes go on when the leader is killed, and none that was answered is lost', async () => {
    const { server, cluster } = there;
    const place = await newPlace(server);
    await set(server, place, ['a', 0]);
    const leader = cluster.member(await cluster.leader());
    await leader.kill();
    let answered = 0;
    for (let n = 1; n <= 20; n += 1) {
      await expect.poll(() => codeOf(set(server, place, ['a', n]))).toBe('done');
      answered = n;
    }
    expect((await findIn(server, place, 'a')).config).toMatchObject({ content: answered });
    await leader.start();
  });

  // proves B20
  test('without a quorum configurations are unavailable, and everything else answers', async () => {
    const { server, cluster } = there;
    const place = await newPlace(server);
    const written = await set(server, place, ['a', 1]);
    const tail = await server.app.deps.configStore.tail(place);
    onTestFinished(() => tail.release());
    await cluster.member(0).kill();
    await cluster.member(1).kill();
    expect(await codeOf(findIn(server, place, 'a'))).toBe('unavailable');
    expect(await codeOf(server.app.deps.configStore.head(contextOf(server), place))).toBe('unavailable');
    const late = { changes: [changeTo('a', 2, written)], write_id: randomUUID() };
    expect(await codeOf(server.app.deps.configStore.commit(contextOf(server), place, late))).toBe('unavailable');
    expect(await codeOf(tail.settle())).toBe('unavailable');
    expect(await runWorker(server, 'configs-relay')).toBe(0);
    expect(await upOf(server)).toBe('0');
    expect((await server.call(`GET /v1/tenants/${place.tenant_id}`)).status).toBe(200);
    expect((await server.call('GET /readyz')).status).toBe(200);
    await Promise.all([cluster.member(0).start(), cluster.member(1).start()]);
    await expect.poll(() => codeOf(findIn(server, place, 'a'))).toBe('done');
    await expect.poll(() => codeOf(tail.settle())).toBe('done');
    expect(await upOf(server)).toBe('1');
    // It was never taken, or was taken before the members ended: not both.
    const { config } = await findIn(server, place, 'a');
    expect([1, 2]).toContain(config?.version);
    await runWorker(server, 'configs-relay');
    const rows = await server.app.deps.db
      .selectFrom('config_revisions')
      .select('version')
      .where('project_id', '=', place.project_id)
      .execute();
    expect(rows).toHaveLength(config?.version ?? 0);
  });
});

describe.skipIf(etcdIsMissing)(`configurations while etcd is full${withoutEtcd}`, () => {
  test('puts are refused with config_store_full, reads and the relay go on, and the alarm is told', async () => {
    const there = await startOnEtcd({ cluster: { quotaBackendBytes: 6 * 1_048_576 } });
    onTestFinished(() => there.close());
    const { server, etcd } = there;
    const place = await newPlace(server);
    await set(server, place, ['a', 1]);
    await set(server, place, ['a', 2]);
    const fill = async () => {
      for (;;) await etcd.put('filler', 'x'.repeat(400_000));
    };
    await expect(fill()).rejects.toMatchObject({ kind: 'no_space' });
    expect(await codeOf(set(server, place, ['a', 3]))).toBe('config_store_full');
    expect((await findIn(server, place, 'a')).config).toMatchObject({ version: 2 });
    expect(await runWorker(server, 'configs-relay')).toBe(2);
    expect((await etcd.range({ prefix: there.keys.intents })).count).toBe(0);
    await runWorker(server, 'configs-upkeep');
    expect(await upOf(server)).toBe('1');
    expect(await server.app.deps.metrics.registry.metrics()).toMatch(/^tenant_registry_config_etcd_bytes [1-9]/m);
  });
});

describe.skipIf(etcdIsMissing)(`a write whose answer is lost${withoutEtcd}`, () => {
  let there: EtcdServer;
  beforeAll(async () => {
    there = await startOnEtcd();
  });
  afterAll(() => there?.close());

  /** A store whose answers to writes are lost on the way, after what `meanwhile` does. */
  function deaf(lost: number, meanwhile: () => Promise<unknown> = async () => {}) {
    let left = lost;
    const real = createEtcd({ endpoints: there.settings.endpoints });
    onTestFinished(() => real.close());
    const etcd: Etcd = {
      ...real,
      async txn(asked) {
        const answer = await real.txn(asked);
        if (left === 0 || !asked.success.some(({ type }) => type === 'put')) return answer;
        left -= 1;
        await meanwhile();
        throw new EtcdError('unknown_outcome', 'the answer is lost');
      },
    };
    const logger = createLogger('silent', { write: () => {} });
    const link = createLink(etcd, logger);
    const { db } = there.server.app.deps;
    const standing = createStanding({ db, link, metaKey: there.keys.meta });
    return createEtcdStore({ link, keys: there.keys, standing, logger, intended() {} });
  }
  const committing = (store: ReturnType<typeof deaf>, place: Place) =>
    store.commit(contextOf(there.server), place, {
      changes: [changeTo('a', 'mine'), changeTo('b', 'mine')],
      write_id: randomUUID(),
    });

  // proves B22
  test('is repeated once and knows itself', async () => {
    const place = await newPlace(there.server);
    const outcome = await committing(deaf(1), place);
    expect(outcome).toMatchObject({ outcome: 'committed', configs: [{ version: 1 }, { version: 1 }] });
    const { config } = await findIn(there.server, place, 'a');
    if (outcome.outcome !== 'committed') throw new Error('it was committed');
    expect(outcome.configs[0]).toEqual(config);
  });

  test('knows itself in its intent, and in the history, when another write came meanwhile', async () => {
    for (const isRelayed of [false, true]) {
      const place = await newPlace(there.server);
      const meanwhile = async () => {
        await set(there.server, place, ['a', 'theirs']);
        if (isRelayed) await runWorker(there.server, 'configs-relay');
      };
      const outcome = await committing(deaf(1, meanwhile), place);
      expect(outcome).toMatchObject({
        outcome: 'committed',
        configs: [{ content: 'mine', version: 1 }, { version: 1 }],
      });
      const { config } = await findIn(there.server, place, 'b');
      if (outcome.outcome !== 'committed') throw new Error('it was committed');
      expect(outcome.configs[0]?.revision).toBe(config?.revision);
    }
  });

  test('is told as unknown when the second answer is lost too, and is found by its write_id', async () => {
    const place = await newPlace(there.server);
    const store = deaf(2);
    const error = await committing(store, place).then(
      () => expect.fail(),
      (reason) => reason,
    );
    expect(error.definition.code).toBe('unavailable');
    expect(error.message).toContain('It is not known');
    expect((await findIn(there.server, place, 'a')).config).toMatchObject({ version: 1 });
  });
});

describe.skipIf(etcdIsMissing)(`an etcd whose past is gone${withoutEtcd}`, () => {
  test('is noticed by a running process, at the first answer that is older than an earlier one', async () => {
    const there = await startOnEtcd();
    onTestFinished(() => there.close());
    const place = await newPlace(there.server);
    await set(there.server, place, ['a', 1]);
    const real = createEtcd({ endpoints: there.settings.endpoints });
    onTestFinished(() => real.close());
    let back = 0;
    const etcd: Etcd = {
      ...real,
      txn: async (asked) => {
        const answer = await real.txn(asked);
        return { ...answer, revision: answer.revision - back };
      },
    };
    const logger = createLogger('silent', { write: () => {} });
    const link = createLink(etcd, logger);
    const { db } = there.server.app.deps;
    const standing = createStanding({ db, link, metaKey: there.keys.meta });
    const store = createEtcdStore({ link, keys: there.keys, standing, logger, intended() {} });
    const find = () => codeOf(store.find(contextOf(there.server), place, 'a'));
    expect(await find()).toBe('done');
    back = 1;
    expect(await find()).toBe('unavailable');
    expect(store.isUp()).toBe(false);
    back = 0;
    expect(await find()).toBe('unavailable');
    // Only a repair, which makes a new epoch, ends it.
    await db.updateTable('config_store').set({ epoch: 'repaired' }).execute();
    const meta = (await real.range({ key: there.keys.meta })).kvs[0]?.value ?? '';
    await real.put(there.keys.meta, JSON.stringify({ ...JSON.parse(meta), epoch: 'repaired' }));
    await expect.poll(find).toBe('done');
    expect(store.isUp()).toBe(true);
  });
});
