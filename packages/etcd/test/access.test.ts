// engine: none
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { etcdReason, startEtcd, type TestCluster } from '../src/testing.ts';
import { client, failureOf, watched } from './support.ts';

const user = { username: 'registry', password: 'a password', prefix: 'c/' };

describe.skipIf(etcdReason !== undefined)(
  'TLS and users (skipped where neither ETCD_BIN nor PATH leads to etcd)',
  () => {
    let cluster: TestCluster;
    beforeAll(async () => {
      // Tokens that expire after a second without use.
      cluster = await startEtcd({ tls: true, auth: user, args: ['--auth-token-ttl', '1'] });
    });
    afterAll(() => cluster?.stop());

    test('a user reads, writes and watches its prefix and nothing else', async () => {
      const etcd = client(cluster.options);
      const { revision } = await etcd.put('c/a', '1');
      expect((await etcd.range({ prefix: 'c/' })).kvs).toHaveLength(1);
      const own = watched(etcd, { prefix: 'c/', startRevision: revision });
      await expect.poll(() => own.batches.length).toBe(1);
      const denied = { kind: 'permission_denied' };
      expect(await failureOf(etcd.put('d/a', '1'))).toMatchObject(denied);
      expect(await failureOf(etcd.range({ prefix: 'd/' }))).toMatchObject(denied);
      expect(await failureOf(etcd.range({ prefix: '' }))).toMatchObject(denied);
      expect(await failureOf(etcd.deleteKeys(['d/a']))).toMatchObject(denied);
      const compared = { compare: [{ key: 'd/a', modRevision: 0 }], success: [] };
      expect(await failureOf(etcd.txn(compared))).toMatchObject(denied);
      expect(await failureOf(watched(etcd, { prefix: 'd/', startRevision: 1 }).ended)).toMatchObject(denied);
    });

    test('root reads everything', async () => {
      expect(await client(cluster.rootOptions).range({ prefix: '' })).toBeDefined();
    });

    test('a wrong password and an unknown user are unauthenticated', async () => {
      for (const options of [
        { ...cluster.options, password: 'wrong' },
        { ...cluster.options, username: 'nobody' },
      ]) {
        const etcd = client(options);
        expect(await failureOf(etcd.range({ prefix: 'c/' }))).toMatchObject({ kind: 'unauthenticated' });
        expect(await failureOf(etcd.put('c/a', ''))).toMatchObject({ kind: 'unauthenticated' });
      }
      const watch = watched(client({ ...cluster.options, password: 'wrong' }), { prefix: 'c/', startRevision: 1 });
      expect(await failureOf(watch.ended)).toMatchObject({ kind: 'unauthenticated' });
    });

    test('without a name and a password the name in the certificate is the user', async () => {
      const etcd = client({ endpoints: cluster.endpoints, tls: cluster.options.tls ?? {} });
      expect(await failureOf(etcd.range({ prefix: 'c/' }))).toMatchObject({ kind: 'permission_denied' });
    });

    test('calls and watches that begin with a token that has expired get a new one', async () => {
      const etcd = client(cluster.options);
      const { revision } = await etcd.put('c/b', '1');
      await cluster.member(0).kill();
      await cluster.member(0).start();
      // The server forgot all tokens.
      const watch = watched(etcd, { prefix: 'c/', startRevision: revision });
      await expect.poll(() => watch.batches.length).toBe(1);
      await cluster.member(0).kill();
      await cluster.member(0).start();
      expect(await etcd.put('c/b', '2')).toBeDefined();
      await expect.poll(() => watch.batches.length).toBe(2);
      await cluster.member(0).kill();
      await cluster.member(0).start();
      const answers = await Promise.all(Array.from({ length: 8 }, () => etcd.range({ prefix: 'c/' })));
      expect(answers).toHaveLength(8);
    });

    test('a server with a certificate of another authority, and a client without one, get no connection', async () => {
      const { ca, cert, key } = cluster.options.tls ?? {};
      const timing = { readMs: 1_000 };
      const trustsSystem = client({ ...cluster.options, tls: { cert: cert ?? '', key: key ?? '' }, timing });
      expect(await failureOf(trustsSystem.range({ key: 'c/a' }))).toMatchObject({ kind: 'unavailable' });
      const nameless = client({ ...cluster.options, tls: { ca: ca ?? '' }, timing });
      expect(await failureOf(nameless.range({ key: 'c/a' }))).toMatchObject({ kind: 'unavailable' });
    });
  },
);

describe.skipIf(etcdReason !== undefined)(
  'a cluster with users and without TLS (skipped where neither ETCD_BIN nor PATH leads to etcd)',
  () => {
    test('takes nothing from a client without a name', async () => {
      const cluster = await startEtcd({ auth: user });
      try {
        const etcd = client({ endpoints: cluster.endpoints });
        expect(await failureOf(etcd.range({ prefix: 'c/' }))).toMatchObject({ kind: 'unauthenticated' });
        expect(await failureOf(etcd.put('c/a', ''))).toMatchObject({ kind: 'unauthenticated' });
        expect(await client(cluster.options).put('c/a', '')).toBeDefined();
      } finally {
        await cluster.stop();
      }
    });
  },
);

describe.skipIf(etcdReason !== undefined)(
  'a cluster without users (skipped where neither ETCD_BIN nor PATH leads to etcd)',
  () => {
    test('takes a client that has a name and a password, as etcd lets its own clients', async () => {
      const cluster = await startEtcd();
      try {
        const etcd = client({ ...cluster.options, username: 'registry', password: 'x' });
        expect(await etcd.put('a', '1')).toBeDefined();
      } finally {
        await cluster.stop();
      }
    });
  },
);
