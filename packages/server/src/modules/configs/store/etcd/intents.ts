/**
 * What waits in etcd for its place in the database: a version of a key, with the audit row and the event of its write. They
 * were made with the write, by the code that makes them for every other change.
 */
import type { configRelay } from '@tenant-registry/db';
import type { Kv } from '@tenant-registry/etcd';
import type { RegistryEntry } from '../../../../kernel/transact/entry.ts';
import type { Place } from '../port.ts';
import type { StoredValue } from './values.ts';

export interface Intent extends Place {
  /** Of the revision. */
  readonly id: string;
  readonly key: string;
  readonly value: StoredValue;
  readonly entry: RegistryEntry;
  /** By how much the project's counts change. */
  readonly keys: number;
  readonly bytes: number;
}

/** The reason of the write is in the value, and is not written twice more. */
export function intentText({ entry, ...intent }: Intent): string {
  const { description: _, metadata, ...rest } = entry;
  return JSON.stringify({ ...intent, entry: { ...rest, metadata: { ...metadata, reason: undefined } } });
}

/** Returns the intent that was written. */
export function readIntent({ value: text }: Pick<Kv, 'value'>): Intent {
  const { entry, ...intent } = JSON.parse(text) as Intent; // what the registry wrote itself
  const { reason } = intent.value;
  return { ...intent, entry: { ...entry, description: reason, metadata: { ...entry.metadata, reason } } };
}

/** Returns the version as the database takes it. */
export function relayedFrom(
  { id, tenant_id, project_id, key, value, keys, bytes }: Omit<Intent, 'entry'>,
  revision: number,
) {
  const { version, operation, source_version, schema_id, schema_version, content, content_sha256 } = value;
  const what = { version, revision, operation, source_version, schema_id, schema_version, content_sha256 };
  const relayed: configRelay.RelayedConfig = {
    ...{ id, tenant_id, project_id, key, ...what, keys, bytes },
    content: value.deleted ? null : JSON.stringify(content),
    write_id: value.write_id,
    author: value.updated_by,
    author_user_id: value.updated_by_user_id,
    reason: value.reason,
    created_at: value.created_at,
    at: value.updated_at,
  };
  return relayed;
}
