/** Real etcd clusters for tests and benchmarks. */
export type { TestUser } from './testing/admin.ts';
export { etcdPath, etcdReason, foreignEndpoints } from './testing/binary.ts';
export { startEtcd } from './testing/start-etcd.ts';
export type { StartOptions, TestCluster, TestMember } from './testing/types.ts';
