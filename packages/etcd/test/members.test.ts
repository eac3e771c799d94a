// engine: none
/** What callers are told while members of the cluster die, stop and lose each other. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Etcd, WatchBatch } from '../src/index.ts';
import { EtcdError } from '../src/index.ts';
import { etcdReason, startEtcd, type TestCluster } from '../src/testing.ts';
import { client, failureOf, ownPrefix, persist, watched } from './support.ts';

interface Written {
  /** The revision of each number whose write was acknowledged. */
  readonly acknowledged: ReadonlyMap<number, number>;
  readonly unknown: ReadonlySet<number>;
  readonly refused: ReadonlySet<number>;
  /** Ends the writers. */
  stop(): Promise<void>;
}

/** Writes number after number, each under a key of its own, until it is stopped. */
function writing(etcd: Etcd, prefix: string): Written {
  const acknowledged = new Map<number, number>();
  const unknown = new Set<number>();
  const refused = new Set<number>();
  let next = 0;
  let stopped = false;
  const writer = async () => {
    while (!stopped) {
      const number = next;
      next += 1;
      try {
        const { revision } = await etcd.put(`${prefix}${number}`, String(number));
        acknowledged.set(number, revision);
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error;
        if (error.kind !== 'unknown_outcome' && error.kind !== 'unavailable') throw error;
        (error.kind === 'unknown_outcome' ? unknown : refused).add(number);
      }
      await pause(2);
    }
  };
  const writers = Promise.all([writer(), writer(), writer(), writer()]);
  writers.catch(() => {});
  onTestFinished(() => {
    stopped = true;
  });
  return {
    acknowledged,
    unknown,
    refused,
    async stop() {
      stopped = true;
      await writers;
    },
  };
}

const after = ({ acknowledged }: Written, more: number) => {
  const target = acknowledged.size + more;
  return expect.poll(() => acknowledged.size).toBeGreaterThanOrEqual(target);
};

/** Every acknowledged write is there at its revision, no refused one is, and the watch told each write once, in order. */
async function expectHistory(
  etcd: Etcd,
  { prefix, written, batches }: { prefix: string; written: Written; batches: readonly WatchBatch[] },
) {
  const { kvs } = await persist(() => etcd.range({ prefix }));
  const stored = new Map(kvs.map(({ key, modRevision }) => [Number(key.slice(prefix.length)), modRevision]));
  for (const [number, revision] of written.acknowledged) expect(stored.get(number), String(number)).toBe(revision);
  for (const number of written.refused) expect(stored.has(number), `${number} was told not to be written`).toBe(false);
  for (const number of stored.keys())
    expect(written.acknowledged.has(number) || written.unknown.has(number), String(number)).toBe(true);
  await expect.poll(() => batches.length).toBeGreaterThanOrEqual(stored.size);
  const told = batches.flatMap(({ events }) => events.map(({ kv }) => kv.modRevision));
  expect(told).toEqual([...stored.values()].sort((a, b) => a - b));
}

describe.skipIf(etcdReason !== undefined)(
  'three members (skipped where neither ETCD_BIN nor PATH leads to etcd)',
  () => {
    let cluster: TestCluster;
    beforeAll(async () => {
      cluster = await startEtcd({ members: 3 });
    });
    afterAll(() => cluster?.stop());
    beforeEach(() => cluster.leader());

    /** A client that asks one member first. */
    const preferring = (firstEndpoint: number) => client({ ...cluster.options, firstEndpoint });
    const next = (index: number) => (index + 1) % 3;

    async function history(firstEndpoint: number) {
      const etcd = preferring(firstEndpoint);
      const prefix = ownPrefix();
      const { revision } = await etcd.range({ prefix });
      const { batches } = watched(etcd, { prefix, startRevision: revision + 1 });
      const written = writing(etcd, prefix);
      await after(written, 50);
      return { etcd, prefix, written, batches };
    }

    test('the leader is killed during writes: no acknowledged write is lost, and the watch tells each write once', async () => {
      const leader = await cluster.leader();
      const { etcd, ...rest } = await history(leader);
      await cluster.member(leader).kill();
      await after(rest.written, 50);
      await cluster.member(leader).start();
      await after(rest.written, 50);
      await rest.written.stop();
      // What was under way when the leader died was not answered, and is not called undone.
      expect(rest.written.unknown.size).toBeGreaterThan(0);
      await expectHistory(etcd, rest);
    });

    test('a follower is killed under its clients: they go on with another member', async () => {
      const follower = next(await cluster.leader());
      const { etcd, ...rest } = await history(follower);
      await cluster.member(follower).kill();
      await after(rest.written, 50);
      await cluster.member(follower).start();
      await rest.written.stop();
      await expectHistory(etcd, rest);
    });

    test('every member is killed in turn under a watch that loses nothing and repeats nothing', async () => {
      const { etcd, ...rest } = await history(0);
      for (const index of [0, 1, 2]) {
        await cluster.member(index).kill();
        await after(rest.written, 30);
        await cluster.member(index).start();
        await after(rest.written, 30);
      }
      await rest.written.stop();
      await expectHistory(etcd, rest);
    });

    test('the leader is stopped, not killed: clients that hold a connection to it go on with the others', async () => {
      const leader = await cluster.leader();
      const { etcd, ...rest } = await history(leader);
      cluster.member(leader).pause();
      try {
        await after(rest.written, 50);
      } finally {
        cluster.member(leader).resume();
      }
      await after(rest.written, 50);
      await rest.written.stop();
      await expectHistory(etcd, rest);
    });

    test('a write that was sent to a stopped member has an unknown outcome, and the next one goes elsewhere', async () => {
      const follower = next(await cluster.leader());
      const etcd = preferring(follower);
      const prefix = ownPrefix();
      await etcd.put(`${prefix}a`, '1');
      cluster.member(follower).pause();
      try {
        expect(await failureOf(etcd.put(`${prefix}a`, '2'))).toMatchObject({ kind: 'unknown_outcome' });
        expect(await etcd.put(`${prefix}a`, '3')).toBeDefined();
      } finally {
        cluster.member(follower).resume();
      }
    });

    test('a read through a member that is cut off is answered by another one before its deadline', async () => {
      for (const role of ['leader', 'follower']) {
        const leader = await cluster.leader();
        const cut = role === 'leader' ? leader : next(leader);
        const etcd = preferring(cut);
        const prefix = ownPrefix();
        await etcd.put(`${prefix}a`, 'old');
        cluster.cutOff(cut);
        try {
          const others = client({
            ...cluster.options,
            endpoints: cluster.endpoints.filter((_, index) => index !== cut),
          });
          await persist(() => others.put(`${prefix}a`, role));
          // Its old value would be the answer of a member that does not ask the others.
          expect((await etcd.range({ prefix })).kvs.map(({ value }) => value)).toEqual([role]);
        } finally {
          cluster.mend();
        }
        await cluster.leader();
      }
    });

    test('a watch through a member that is cut off goes on through another one', async () => {
      const cut = next(await cluster.leader());
      const { etcd, ...rest } = await history(cut);
      cluster.cutOff(cut);
      try {
        const before = rest.batches.length;
        await after(rest.written, 50);
        await expect.poll(() => rest.batches.length).toBeGreaterThan(before + 50);
      } finally {
        cluster.mend();
      }
      await rest.written.stop();
      await expectHistory(etcd, rest);
    });

    test('a quiet watch leaves a member that was cut off, although its connection stands', async () => {
      const cut = next(await cluster.leader());
      const prefix = ownPrefix();
      const etcd = preferring(cut);
      const { revision } = await etcd.range({ prefix });
      const { batches } = watched(etcd, { prefix, startRevision: revision + 1 });
      await etcd.put(`${prefix}a`, '');
      await expect.poll(() => batches.length).toBe(1);
      cluster.cutOff(cut);
      try {
        const others = client({ ...cluster.options, endpoints: cluster.endpoints.filter((_, index) => index !== cut) });
        await others.put(`${prefix}b`, '');
        await expect.poll(() => batches.length).toBe(2);
      } finally {
        cluster.mend();
      }
    });

    test('a watch leaves a member whose answers are lost on the way', async () => {
      const lost = next(await cluster.leader());
      const prefix = ownPrefix();
      const etcd = preferring(lost);
      const { revision } = await etcd.put(`${prefix}a`, '');
      const { batches } = watched(etcd, { prefix, startRevision: revision });
      await expect.poll(() => batches.length).toBe(1);
      cluster.member(lost).isolate();
      try {
        await client({ ...cluster.options, firstEndpoint: next(lost) }).put(`${prefix}b`, '');
        await expect.poll(() => batches.length).toBe(2);
      } finally {
        cluster.member(lost).admit();
      }
    });

    test('a pair of members is cut: writes, reads and watches go on, whoever leads', async () => {
      const { etcd, ...rest } = await history(0);
      for (const [one, other] of [
        [0, 1],
        [1, 2],
        [2, 0],
      ] as const) {
        cluster.cut(one, other);
        try {
          await after(rest.written, 30);
        } finally {
          cluster.mend();
        }
      }
      await rest.written.stop();
      await expectHistory(etcd, rest);
    });

    test('without a majority reads and writes are refused, and afterwards all goes on', async () => {
      const leader = await cluster.leader();
      const etcd = preferring(leader);
      const prefix = ownPrefix();
      await etcd.put(`${prefix}a`, '1');
      await cluster.member(next(leader)).kill();
      await cluster.member(next(next(leader))).kill();
      // The last member needs a moment to see that it leads nobody.
      await expect.poll(async () => (await failureOf(etcd.put(`${prefix}a`, '2'))).kind).toBe('unavailable');
      expect(await failureOf(etcd.range({ prefix }))).toMatchObject({ kind: 'unavailable' });
      const statuses = await etcd.status();
      expect(statuses.map(({ answered }) => answered).filter(Boolean)).toHaveLength(1);
      await Promise.all([cluster.member(next(leader)).start(), cluster.member(next(next(leader))).start()]);
      await cluster.leader();
      expect((await etcd.range({ prefix })).kvs).toHaveLength(1);
    });
  },
);
