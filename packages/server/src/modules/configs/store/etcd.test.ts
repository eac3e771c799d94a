// engine: postgres
import { describe } from 'vitest';
import { etcdIsMissing, etcdStoreForTests, withoutEtcd } from '../../../../test/support/etcd-store.ts';
import { describePages, describeStore, describeTail } from './contract.ts';

describe.skipIf(etcdIsMissing)(`etcd keeps the contract${withoutEtcd}`, () => {
  describeStore('etcd', etcdStoreForTests);
  describePages('etcd', etcdStoreForTests);
  describeTail('etcd', etcdStoreForTests);
});
