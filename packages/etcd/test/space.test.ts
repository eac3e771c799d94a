// engine: none
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EtcdError } from '../src/index.ts';
import { etcdReason, startEtcd, type TestCluster } from '../src/testing.ts';
import { client, failureOf } from './support.ts';

const QUOTA_BYTES = 4 * 1_048_576;

describe.skipIf(etcdReason !== undefined)(
  'a full database (skipped where neither ETCD_BIN nor PATH leads to etcd)',
  () => {
    let cluster: TestCluster;
    beforeAll(async () => {
      cluster = await startEtcd({ quotaBackendBytes: QUOTA_BYTES });
    });
    afterAll(() => cluster?.stop());

    test('puts are no_space, reads, deletes and compaction go on, and disarm ends the alarm', async () => {
      const etcd = client(cluster.options);
      const value = 'x'.repeat(500_000);
      let full: EtcdError | undefined;
      for (let n = 0; full === undefined; n += 1)
        await etcd.put(`k/${n}`, value).catch((error: unknown) => {
          if (!(error instanceof EtcdError)) throw error;
          full = error;
        });
      expect(full.kind).toBe('no_space');
      expect(await failureOf(etcd.put('k/small', 'x'))).toMatchObject({ kind: 'no_space' });
      const [status] = await etcd.status();
      const memberId = status?.answered === true ? status.memberId : '';
      expect(await etcd.alarms()).toEqual([{ memberId, alarm: 'no_space' }]);

      const { kvs } = await etcd.range({ prefix: 'k/' }, { keysOnly: true });
      expect(kvs.length).toBeGreaterThan(0);
      const { deleted, revision } = await etcd.deleteKeys(kvs.map(({ key }) => key));
      expect(deleted).toBe(kvs.length);
      await etcd.compact(revision);

      await etcd.disarm();
      expect(await etcd.alarms()).toEqual([]);
    });
  },
);
