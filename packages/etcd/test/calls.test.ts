// engine: none
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Op } from '../src/index.ts';
import { etcdReason, foreignEndpoints, startEtcd, type TestCluster } from '../src/testing.ts';
import { changesOf, client, failureOf, ownPrefix, watched } from './support.ts';

const MIB = 1_048_576;

describe.skipIf(etcdReason !== undefined && foreignEndpoints === undefined)(
  'calls (skipped where neither ETCD_BIN nor PATH leads to etcd, and TEST_ETCD_ENDPOINTS is not set)',
  () => {
    let cluster: TestCluster | undefined;
    let endpoints: readonly string[] = foreignEndpoints ?? [];

    beforeAll(async () => {
      if (foreignEndpoints !== undefined) return;
      cluster = await startEtcd();
      endpoints = cluster.endpoints;
    });
    afterAll(() => cluster?.stop());

    const open = () => ({ etcd: client({ endpoints }), prefix: ownPrefix() });

    async function withKeys(count: number) {
      const { etcd, prefix } = open();
      const keys = Array.from({ length: count }, (_, n) => `${prefix}${n}`);
      const revisions: number[] = [];
      for (const key of keys.toReversed()) revisions.unshift((await etcd.put(key, `value of ${key}`)).revision);
      return { etcd, prefix, keys, revisions };
    }

    test('a key is read back with its value, revisions and version', async () => {
      const { etcd, prefix } = open();
      const key = `${prefix}ключ 🗝`;
      const first = await etcd.put(key, 'old');
      const second = await etcd.put(key, '{"é":1}');
      const answer = await etcd.range({ key });
      expect(answer).toMatchObject({ more: false, count: 1 });
      expect(answer.revision).toBeGreaterThanOrEqual(second.revision);
      expect(answer.kvs).toEqual([
        { key, value: '{"é":1}', createRevision: first.revision, modRevision: second.revision, version: 2 },
      ]);
      expect(await etcd.range({ key: `${prefix}absent` })).toMatchObject({ kvs: [], count: 0, more: false });
    });

    test('keys of a prefix come in pages, each behind the last key of the page before', async () => {
      const { etcd, prefix, keys } = await withKeys(7);
      await etcd.put(`${prefix.slice(0, -1)}0 behind the prefix`, '');
      const found: string[] = [];
      for (let after: string | undefined, more = true; more; ) {
        const page = await etcd.range({ prefix }, { limit: 3, ...(after === undefined ? {} : { after }) });
        expect(page.count).toBe(7 - found.length);
        found.push(...page.kvs.map(({ key }) => key));
        after = found.at(-1);
        more = page.more;
      }
      expect(found).toEqual(keys);
    });

    test('a range is ordered by key or by the revision of the change, in both directions', async () => {
      const { etcd, prefix, keys } = await withKeys(3);
      const read = async (order: { by: 'key' | 'mod_revision'; descending?: boolean }) =>
        (await etcd.range({ prefix }, { order })).kvs.map(({ key }) => key);
      expect(await read({ by: 'key' })).toEqual(keys);
      expect(await read({ by: 'key', descending: true })).toEqual(keys.toReversed());
      expect(await read({ by: 'mod_revision' })).toEqual(keys.toReversed());
      expect(await read({ by: 'mod_revision', descending: true })).toEqual(keys);
    });

    test('a range can leave out the values, or the keys', async () => {
      const { etcd, prefix } = await withKeys(2);
      expect((await etcd.range({ prefix }, { keysOnly: true })).kvs.map(({ value }) => value)).toEqual(['', '']);
      expect(await etcd.range({ prefix }, { countOnly: true })).toMatchObject({ kvs: [], count: 2 });
    });

    test('a range of a past revision shows the store as it was', async () => {
      const { etcd, prefix } = open();
      const { revision } = await etcd.put(`${prefix}a`, 'then');
      await etcd.put(`${prefix}a`, 'now');
      await etcd.put(`${prefix}b`, 'now');
      const then = await etcd.range({ prefix }, { revision });
      expect(then.kvs.map(({ value }) => value)).toEqual(['then']);
      expect(then.revision).toBeGreaterThan(revision);
    });

    test('a revision that does not exist yet is a mistake of the caller', async () => {
      const { etcd, prefix } = open();
      expect(await failureOf(etcd.range({ prefix }, { revision: 2 ** 50 }))).toMatchObject({ kind: 'internal' });
    });

    test('a transaction writes when every compared revision holds, else it reads', async () => {
      const { etcd, prefix } = open();
      const [a, b] = [`${prefix}a`, `${prefix}b`];
      const create = (key: string) => ({
        compare: [{ key, modRevision: 0 }],
        success: [{ type: 'put', key, value: 'created' }] as Op[],
        failure: [{ type: 'get', key }] as Op[],
      });
      const created = await etcd.txn(create(a));
      expect(created).toMatchObject({ succeeded: true, responses: [{ type: 'put' }] });
      const refused = await etcd.txn(create(a));
      expect(refused.succeeded).toBe(false);
      expect(refused.responses).toMatchObject([{ type: 'get', kv: { key: a, modRevision: created.revision } }]);

      const both = await etcd.txn({
        compare: [
          { key: a, modRevision: created.revision },
          { key: b, modRevision: 0 },
        ],
        success: [
          { type: 'delete', key: a },
          { type: 'delete', key: `${prefix}absent` },
          { type: 'put', key: b, value: 'b' },
          { type: 'get', key: b },
          { type: 'get', key: a },
        ],
      });
      expect(both.responses).toEqual([
        { type: 'delete', deleted: 1 },
        { type: 'delete', deleted: 0 },
        { type: 'put' },
        {
          type: 'get',
          kv: { key: b, value: 'b', createRevision: both.revision, modRevision: both.revision, version: 1 },
        },
        { type: 'get', kv: null },
      ]);
      const old = await etcd.txn({ compare: [{ key: b, modRevision: created.revision }], success: [] });
      expect(old).toEqual({ succeeded: false, revision: both.revision, responses: [] });
    });

    test('several keys are read at one revision by a transaction of gets', async () => {
      const { etcd, keys } = await withKeys(2);
      const { responses } = await etcd.txn({ success: keys.map((key) => ({ type: 'get', key })) });
      expect(responses.map((answer) => answer.type === 'get' && answer.kv?.key)).toEqual(keys);
    });

    test('of writers that expect the same revision one succeeds', async () => {
      const { etcd, prefix } = open();
      const key = `${prefix}a`;
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, n) =>
          etcd.txn({
            compare: [{ key, modRevision: 0 }],
            success: [{ type: 'put', key, value: String(n) }],
          }),
        ),
      );
      expect(answers.filter(({ succeeded }) => succeeded)).toHaveLength(1);
    });

    test('deleteKeys deletes at one revision and says how many there were', async () => {
      const { etcd, prefix, keys } = await withKeys(3);
      expect(await etcd.deleteKeys([...keys, `${prefix}absent`])).toMatchObject({ deleted: 3 });
      expect(await etcd.range({ prefix })).toMatchObject({ count: 0 });
      expect(await etcd.deleteKeys([])).toMatchObject({ deleted: 0 });
    });

    test('a value of 1 MiB is stored, read and watched', async () => {
      const { etcd, prefix } = open();
      const { batches } = watched(etcd, { prefix, startRevision: (await etcd.range({ prefix })).revision + 1 });
      const values = ['a', 'é'].map((letter) => letter.repeat(MIB / Buffer.byteLength(letter)));
      for (const [n, value] of values.entries()) await etcd.put(`${prefix}${n}`, value);
      const { kvs } = await etcd.range({ prefix });
      expect(kvs.map(({ value }, n) => value === values[n])).toEqual([true, true]);
      await expect.poll(() => batches.length).toBe(2);
      expect(batches.map(({ events: [event] }, n) => event?.kv.value === values[n])).toEqual([true, true]);
    });

    test('128 operations are done, one more is too_large, and so is a request past 1.5 MiB', async () => {
      const { etcd, prefix } = open();
      const puts = (count: number, value = '') =>
        Array.from({ length: count }, (_, n): Op => ({ type: 'put', key: `${prefix}${n}`, value }));
      expect(await etcd.txn({ success: puts(128) })).toMatchObject({ succeeded: true });
      expect(await failureOf(etcd.txn({ success: puts(129) }))).toMatchObject({ kind: 'too_large' });
      expect(await failureOf(etcd.txn({ success: puts(2, 'x'.repeat(0.8 * MIB)) }))).toMatchObject({
        kind: 'too_large',
      });
      // Past the limit of etcd's gRPC too.
      expect(await failureOf(etcd.put(`${prefix}a`, 'x'.repeat(8 * MIB)))).toMatchObject({ kind: 'too_large' });
      expect(await etcd.range({ prefix }, { countOnly: true })).toMatchObject({ count: 128 });
    });

    test('a key that a transaction writes twice is a mistake of the caller, and nothing is written', async () => {
      const { etcd, prefix } = open();
      const put = { type: 'put', key: `${prefix}a`, value: '' } as const;
      expect(await failureOf(etcd.txn({ success: [put, put] }))).toMatchObject({ kind: 'internal' });
      expect(await etcd.range({ prefix })).toMatchObject({ count: 0 });
    });

    test('a watch tells every change from its start revision on, and all of one revision together', async () => {
      const { etcd, prefix } = open();
      const [a, b, c] = ['a', 'b', 'c'].map((name) => `${prefix}${name}`) as [string, string, string];
      const first = await etcd.put(a, '1');
      const second = await etcd.txn({
        success: [
          { type: 'put', key: b, value: '2' },
          { type: 'put', key: c, value: '3' },
        ],
      });
      const { batches } = watched(etcd, { prefix, startRevision: first.revision });
      await expect.poll(() => batches.length).toBe(2);
      const third = await etcd.txn({
        success: [
          { type: 'delete', key: b },
          { type: 'put', key: a, value: '4' },
        ],
      });
      await expect.poll(() => batches.length).toBe(3);
      expect(batches.map(({ revision }) => revision)).toEqual([first, second, third].map(({ revision }) => revision));
      expect(batches.map(({ events }) => events.length)).toEqual([1, 2, 2]);
      expect(changesOf(batches)).toEqual([`+${a}=1`, `+${b}=2`, `+${c}=3`, `-${b}`, `+${a}=4`]);
      expect(batches[2]?.events[0]?.kv).toMatchObject({ key: b, modRevision: third.revision });
    });

    test('a watch of one key tells nothing of its neighbours', async () => {
      const { etcd, prefix } = open();
      const { revision } = await etcd.put(`${prefix}a1`, 'neighbour');
      const { batches } = watched(etcd, { key: `${prefix}a`, startRevision: revision });
      await etcd.put(`${prefix}a`, 'it');
      await expect.poll(() => changesOf(batches)).toEqual([`+${prefix}a=it`]);
    });

    test('a watch without a start tells what changes after it was asked for', async () => {
      const { etcd, prefix } = open();
      await etcd.put(`${prefix}a`, 'before');
      const { batches } = watched(etcd, { prefix });
      // The first change that the watch must tell is one after its first read, whose end shows in nothing but changes.
      let written = 0;
      await expect
        .poll(async () => {
          written += 1;
          await etcd.put(`${prefix}a`, String(written));
          return batches.length;
        })
        .toBeGreaterThan(1);
      const told = changesOf(batches);
      expect(told).not.toContain(`+${prefix}a=before`);
      const numbers = told.map((change) => Number(change.split('=')[1]));
      expect(numbers).toEqual(Array.from(numbers, (_, n) => (numbers[0] ?? 0) + n));
    });

    test('a long past comes whole and in order, in messages of more than one kind of cut', async () => {
      const { etcd, prefix } = open();
      const { revision } = await etcd.range({ prefix });
      const value = 'x'.repeat(120_000);
      const WRITES = 30;
      for (let n = 0; n < WRITES; n += 1)
        await etcd.txn({ success: [0, 1, 2].map((part) => ({ type: 'put', key: `${prefix}${n}-${part}`, value })) });
      const { batches } = watched(etcd, { prefix, startRevision: revision + 1 });
      await expect.poll(() => batches.length).toBe(WRITES);
      const keys = batches.map(({ events }) => events.map(({ kv }) => kv.key.slice(prefix.length)).sort());
      expect(keys).toEqual(Array.from({ length: WRITES }, (_, n) => [0, 1, 2].map((part) => `${n}-${part}`)));
    });

    test('a watch that nobody reads keeps no connection from answering, and goes on where it was', async () => {
      const { etcd, prefix } = open();
      const { revision } = await etcd.range({ prefix });
      const end = new AbortController();
      const batches = etcd.watch({ prefix, startRevision: revision + 1, signal: end.signal })[Symbol.asyncIterator]();
      const value = 'x'.repeat(200_000);
      await etcd.put(`${prefix}0`, value);
      await batches.next();
      for (let n = 1; n <= 40; n += 1) await etcd.put(`${prefix}${n}`, value);
      expect(await etcd.range({ prefix }, { countOnly: true })).toMatchObject({ count: 41 });
      for (let n = 1; n <= 40; n += 1)
        expect((await batches.next()).value?.events[0]?.kv.key.slice(prefix.length)).toBe(String(n));
      end.abort();
      expect(await batches.next()).toMatchObject({ done: true });
    });

    test('a watch ends quietly when it is aborted, when its reader leaves, and when the client is closed', async () => {
      const { etcd, prefix } = open();
      const { revision } = await etcd.put(`${prefix}a`, '');
      const one = watched(etcd, { prefix, startRevision: revision });
      await expect.poll(() => one.batches.length).toBe(1);
      await one.stop();
      for await (const batch of etcd.watch({ prefix, startRevision: revision, signal: new AbortController().signal })) {
        expect(batch.revision).toBe(revision);
        break;
      }
      const other = watched(etcd, { prefix, startRevision: revision });
      await expect.poll(() => other.batches.length).toBe(1);
      etcd.close();
      await other.ended;
      expect(await failureOf(etcd.range({ prefix }))).toMatchObject({ kind: 'unavailable' });
      expect(await failureOf(etcd.put(`${prefix}a`, ''))).toMatchObject({ kind: 'unavailable' });
    });

    test('what was compacted is gone for reads and watches, and the watch says from where it goes on', async () => {
      const { etcd, prefix } = open();
      const first = await etcd.put(`${prefix}a`, '1');
      const { revision } = await etcd.put(`${prefix}a`, '2');
      await etcd.compact(revision);
      await etcd.compact(revision);
      await etcd.compact(first.revision);
      expect(await failureOf(etcd.range({ prefix }, { revision: first.revision }))).toMatchObject({
        kind: 'compacted',
      });
      const watch = watched(etcd, { prefix, startRevision: first.revision });
      const error = await failureOf(watch.ended);
      expect(error.kind).toBe('compacted');
      expect(error.compactRevision).toBeGreaterThanOrEqual(revision);
      const later = watched(etcd, { prefix, startRevision: error.compactRevision ?? 0 });
      await expect.poll(() => changesOf(later.batches)).toEqual([`+${prefix}a=2`]);
    });

    test('status tells the version, the size and the leader of each endpoint, and which does not answer', async () => {
      const { prefix } = open();
      const etcd = client({ endpoints: [...endpoints, 'http://127.0.0.1:1'] });
      await etcd.put(`${prefix}a`, '');
      const statuses = await etcd.status();
      expect(statuses.at(-1)).toMatchObject({
        endpoint: 'http://127.0.0.1:1',
        answered: false,
        error: { kind: 'unavailable' },
      });
      for (const status of statuses.slice(0, -1)) {
        expect(status).toMatchObject({ answered: true, version: expect.stringMatching(/^3\./), errors: [] });
        if (!status.answered) continue;
        expect(status.memberId).toMatch(/^[0-9a-f]+$/);
        expect(status.leader).toMatch(/^[0-9a-f]+$/);
        expect(status.dbSize).toBeGreaterThanOrEqual(status.dbSizeInUse);
        expect(status.raftIndex).toBeGreaterThan(0);
      }
      expect(await etcd.alarms()).toEqual([]);
    });

    test('an endpoint that refuses connections is passed over by reads and writes', async () => {
      const { prefix } = open();
      const etcd = client({ endpoints: ['http://127.0.0.1:1', ...endpoints], firstEndpoint: 0 });
      const { revision } = await etcd.put(`${prefix}a`, '');
      expect(await etcd.range({ prefix })).toMatchObject({ count: 1 });
      const { batches } = watched(client({ endpoints: ['http://127.0.0.1:1', ...endpoints], firstEndpoint: 0 }), {
        prefix,
        startRevision: revision,
      });
      await expect.poll(() => batches.length).toBe(1);
    });

    test('without any server a read and a write are unavailable, so the write was not done', async () => {
      const etcd = client({ endpoints: ['http://127.0.0.1:1'], timing: { readMs: 300, writeMs: 300 } });
      const read = await failureOf(etcd.range({ prefix: 'a' }));
      expect(read.kind).toBe('unavailable');
      expect(read.message).toContain('ECONNREFUSED');
      expect(await failureOf(etcd.put('a', ''))).toMatchObject({ kind: 'unavailable' });
    });
  },
);
