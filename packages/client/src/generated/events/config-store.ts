/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { EventEnvelope } from './access.ts';

/** The values of all configurations were moved to another store, or a store was repaired. */
export interface ConfigStoreChangedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'config_store.changed';
  /** What `config_store.changed` tells. */
  data: ConfigStoreChangedData;
}

/** What `config_store.changed` tells. */
export interface ConfigStoreChangedData {
  /** What the operator did. Others may come. */
  action: 'moved' | 'repaired';
  /** Where the values were taken from. Others may come. */
  source: 'postgres' | 'etcd';
  /** Where the values are now. Others may come. */
  kind: 'postgres' | 'etcd';
  /** The new epoch: cursors of before are refused. */
  epoch: string;
  /** How many keys there are, deleted ones included. */
  keys: number;
}
