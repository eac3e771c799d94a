/** A key's value or tombstone as etcd has it, with what its last change was. */
import type { Kv } from '@tenant-registry/etcd';
import type { Author, Operation } from '../../schema.ts';
import type { Change, Pin, Place, Revision, StoredConfig } from '../port.ts';

/** What is written in JSON; the place and the key are those of etcd, and the revision is that of the write. */
export interface StoredValue extends Pin {
  readonly version: number;
  readonly operation: Operation;
  readonly source_version: number | null;
  readonly deleted: boolean;
  readonly content: unknown;
  readonly content_sha256: string | null;
  readonly write_id: string;
  readonly updated_by: Author;
  readonly updated_by_user_id: string | null;
  readonly reason: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** Returns the value of a key after the change. */
export function storedValueOf(
  { version, deleted, content, content_sha256, schema_id, schema_version, ...made }: StoredConfig,
  { operation, source_version, reason }: Pick<Change, 'operation' | 'source_version' | 'reason'>,
): StoredValue {
  const { write_id, updated_by, updated_by_user_id, created_at, updated_at } = made;
  const value = { version, operation, source_version, deleted, content, content_sha256, schema_id, schema_version };
  return { ...value, write_id, updated_by, updated_by_user_id, reason, created_at, updated_at };
}

/** Returns the value that was written. */
export function readValue({ value }: Pick<Kv, 'value'>): StoredValue {
  return JSON.parse(value) as StoredValue; // what the registry wrote itself
}

/** Returns the key as the store tells of it. */
export function storedFrom(
  value: StoredValue,
  at: Place & { readonly key: string; readonly revision: number },
): StoredConfig {
  const { operation: _, source_version: __, reason: ___, ...rest } = value;
  const { tenant_id, project_id, key, revision } = at;
  return { tenant_id, project_id, key, revision, ...rest };
}

/** Returns the change that made the value. */
export function revisionFrom(
  value: StoredValue,
  at: Place & { readonly key: string; readonly revision: number },
): Revision {
  const { version, operation, source_version, content, content_sha256, schema_id, schema_version, reason } = value;
  const { tenant_id, project_id, key, revision } = at;
  const what = { version, revision, operation, source_version, content, content_sha256, schema_id, schema_version };
  return { tenant_id, project_id, key, ...what, author: value.updated_by, reason, created_at: value.updated_at };
}
