// engine: postgres
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { newPlace } from '../../../../../test/support/config-history.ts';
import {
  changeTo,
  type EtcdServer,
  etcdIsMissing,
  set,
  startOnEtcd,
  withoutEtcd,
  write,
} from '../../../../../test/support/etcd-store.ts';
import { runWorker } from '../../../../../test/support/server.ts';
import { bookkeep } from '../../../../kernel/transact.ts';
import type { Place, ProjectTail } from '../port.ts';
import { putMeta } from './admin/parts.ts';
import { copyToEtcd } from './admin/to-etcd.ts';

describe.skipIf(etcdIsMissing)(`the changes of configurations in etcd${withoutEtcd}`, () => {
  let there: EtcdServer;
  beforeAll(async () => {
    there = await startOnEtcd();
  });
  afterAll(() => there?.close());

  async function tailOf(place: Place): Promise<ProjectTail> {
    const tail = await there.server.app.deps.configStore.tail(place);
    onTestFinished(() => tail.release());
    return tail;
  }
  const told = (changes: Awaited<ReturnType<ProjectTail['changesAfter']>>) =>
    changes?.map(({ key, version, revision, operation }) => [key, version, revision, operation]);

  test('after settle, everything is in hand that was answered before, whole revisions in order', async () => {
    const place = await newPlace(there.server);
    const tail = await tailOf(place);
    expect(tail.latest()).toBe(0);
    expect(await tail.changesAfter(0, 1_000)).toEqual([]);
    const one = await set(there.server, place, ['b', 1]);
    const two = await write(there.server, place, [changeTo('d', 2), changeTo('c', 2)]);
    const revision = two[0]?.revision ?? expect.fail();
    await tail.settle();
    expect(tail.latest()).toBe(revision);
    const all = [
      ['b', 1, one.revision, 'create'],
      ['c', 1, revision, 'create'],
      ['d', 1, revision, 'create'],
    ];
    expect(told(await tail.changesAfter(0, 1_000_000))).toEqual(all);
    expect(told(await tail.changesAfter(0, 1))).toEqual(all.slice(0, 1));
    expect(told(await tail.changesAfter(one.revision, 1))).toEqual(all.slice(1));
    expect(await tail.changesAfter(revision, 1)).toEqual([]);
    expect(await tail.changesAfter(revision + 1, 1)).toBeUndefined();
  });

  test('changes of other projects are not told, and do not wake', async () => {
    const [place, other] = [await newPlace(there.server), await newPlace(there.server)];
    const [tail, others] = [await tailOf(place), await tailOf(other)];
    let woken = 0;
    const stop = tail.onNews(() => {
      woken += 1;
    });
    await set(there.server, other, ['a', 1]);
    await others.settle();
    expect(woken).toBe(0);
    expect(tail.latest()).toBe(0);
    await set(there.server, place, ['a', 1]);
    await tail.settle();
    expect(woken).toBe(1);
    stop();
    await set(there.server, place, ['a', 2]);
    await tail.settle();
    expect(woken).toBe(1);
  });

  test('a listener that begins later, or is further behind than memory, reads the past from etcd', async () => {
    const place = await newPlace(there.server);
    const first = await set(there.server, place, ['a', 1]);
    for (let n = 2; n <= 5; n += 1) await set(there.server, place, ['a', n]);
    await runWorker(there.server, 'configs-relay');
    const tail = await tailOf(place);
    const later = (await tail.changesAfter(first.revision, 1_000_000)) ?? expect.fail();
    expect(later.map(({ version, content }) => [version, content])).toEqual([2, 3, 4, 5].map((n) => [n, n]));
    expect(await tail.changesAfter(first.revision, 1)).toMatchObject([{ version: 2 }]);
    expect((await tail.changesAfter(0, 1_000_000))?.length).toBe(5);
  });

  test('what etcd has compacted is gone: the listener has to begin anew', async () => {
    const place = await newPlace(there.server);
    const first = await set(there.server, place, ['a', 1]);
    for (let n = 2; n <= 4; n += 1) await set(there.server, place, ['a', n]);
    const { revision } = await there.etcd.range({ key: there.keys.all });
    await there.etcd.compact(revision);
    const tail = await tailOf(place);
    expect(await tail.changesAfter(first.revision, 1_000)).toBeUndefined();
    expect(await tail.changesAfter(tail.latest(), 1_000)).toEqual([]);
    const next = await set(there.server, place, ['a', 5]);
    await tail.settle();
    expect(await tail.changesAfter(tail.latest() - 1, 1_000)).toMatchObject([{ version: 5, revision: next.revision }]);
  });

  test('content that is too long to be told is left out', async () => {
    const place = await newPlace(there.server);
    const tail = await tailOf(place);
    await set(there.server, place, ['a', 'x'.repeat(100_000)]);
    await tail.settle();
    expect(await tail.changesAfter(0, 1_000)).toMatchObject([{ content: null, content_omitted: true, version: 1 }]);
  });

  test('listeners of one project share what is in hand, and a watch that nobody needs ends', async () => {
    const place = await newPlace(there.server);
    const store = there.server.app.deps.configStore;
    const tails = await Promise.all([store.tail(place), store.tail(place), store.tail(place)]);
    for (const tail of tails.slice(1)) tail.release();
    tails[1]?.release();
    await set(there.server, place, ['a', 1]);
    await tails[0]?.settle();
    expect(tails[0]?.latest()).toBeGreaterThan(0);
    tails[0]?.release();
    const again = await tailOf(place);
    expect(again.latest()).toBe(tails[0]?.latest());
  });

  test('a new epoch is told by settle: nothing of before is in hand, and what follows is', async () => {
    const place = await newPlace(there.server);
    const first = await set(there.server, place, ['a', 1]);
    await runWorker(there.server, 'configs-relay');
    const tail = await tailOf(place);
    const { epoch } = tail;
    const { admin } = there;
    const made = await bookkeep(admin.db, (tx) => copyToEtcd(admin, tx, { action: 'repaired', margin: 1_000_000 }));
    await putMeta(admin, { ...made, state: 'ready' });
    // The database is asked at most twice a second what the epoch is.
    await expect
      .poll(() =>
        tail.settle().then(
          () => tail.epoch,
          () => epoch,
        ),
      )
      .toBe(made.epoch);
    expect(epoch).not.toBe(made.epoch);
    expect(tail.latest()).toBeGreaterThan(first.revision);
    expect(await tail.changesAfter(first.revision, 1_000)).toBeUndefined();
    const next = await set(there.server, place, ['a', 2]);
    expect(next).toMatchObject({ version: 2 });
    await tail.settle();
    expect(await tail.changesAfter(next.revision - 1, 1_000)).toMatchObject([{ version: 2, revision: next.revision }]);
  });
});
