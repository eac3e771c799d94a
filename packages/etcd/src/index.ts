/** The client of etcd. */
export { createEtcd } from './create-etcd.ts';
export { EtcdError, type EtcdErrorKind } from './errors.ts';
export type {
  Alarm,
  Compare,
  EndpointStatus,
  Etcd,
  EtcdOptions,
  Keys,
  Kv,
  MemberStatus,
  Op,
  OpAnswer,
  RangeAnswer,
  RangeOptions,
  Timing,
  Txn,
  TxnAnswer,
  WatchBatch,
  WatchEvent,
  WatchOptions,
} from './types.ts';
export { supportedVersion } from './version.ts';
