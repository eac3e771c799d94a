/** What a change of a key becomes when it is made, whatever the store: its version, its event, and its value. */
import type { ActorContext } from '../../../kernel/context.ts';
import { canonicalBytes } from '../canonical.ts';
import { configErrors } from '../errors.ts';
import { type Author, BYTES_MAX, type ChangedConfig, configEvents, KEYS_MAX } from '../schema.ts';
import type { Change, Place, StoredConfig } from './port.ts';

const NAME_MAX = 200;

/** Returns who writes, as it is kept with what is written. */
export function authorOf({ actor: { type, id, name } }: ActorContext): Author {
  return { type, id, name: name.slice(0, NAME_MAX) };
}

/** Returns the user of the tenant that writes; a user of another tenant, or of none, is known by its label alone. */
export function userOf({ actor }: ActorContext, { tenant_id }: Place): string | null {
  return actor.tenant_id === tenant_id ? actor.user_id : null;
}

/** Returns the version that the key gets. */
export function versionOf({ base }: Change): number {
  return (base?.version ?? 0) + 1;
}

/** Returns the event that tells of the change, without the content. */
export function eventOf(change: Change, { tenant_id, project_id }: Place) {
  const { key, base, content_sha256, schema_id, schema_version, source_version, reason } = change;
  const payload: ChangedConfig = {
    project_id,
    tenant_id,
    key,
    version: versionOf(change),
    previous_version: base?.version ?? 0,
    content_sha256,
    schema_id,
    schema_version,
    source_version,
    reason,
    ignored_readers: [...change.ignored_readers],
  };
  return { event: events[change.operation], payload };
}

const events = {
  create: configEvents.created,
  update: configEvents.updated,
  rollback: configEvents.rolledBack,
  delete: configEvents.deleted,
} as const;

/** Returns the key as it is after the change. */
export function storedOf(
  change: Change,
  place: Place,
  made: Pick<StoredConfig, 'revision' | 'write_id' | 'updated_by' | 'updated_by_user_id' | 'updated_at'>,
): StoredConfig {
  const { key, schema_id, schema_version, content, content_sha256, operation } = change;
  const deleted = operation === 'delete';
  const created_at = createdAt(change, made.updated_at);
  const value = { content: deleted ? null : content, content_sha256, schema_id, schema_version, deleted };
  return { ...place, key, version: versionOf(change), ...value, created_at, ...made };
}

/** Returns since when the key has a value. */
export function createdAt({ base }: Change, now: string): string {
  return base === undefined || base.deleted ? now : base.created_at;
}

/** Keys, deleted ones included, and bytes of content. */
export interface Growth {
  readonly keys: number;
  readonly bytes: number;
}

/** What a change costs the project, and what it costs to write it. */
export interface Measured {
  /** By how much it makes the counts of the project grow. */
  readonly growth: Growth;
  /** The bytes of content that it writes: an update may write many, and grow by none. */
  readonly written: number;
}

/** Measures the change. The contents are measured in their canonical form. */
export function measured({ operation, content, base }: Change): Measured {
  const written = operation === 'delete' ? 0 : canonicalBytes(content);
  const before = base === undefined || base.deleted ? 0 : canonicalBytes(base.content);
  return { growth: { keys: base === undefined ? 1 : 0, bytes: written - before }, written };
}

/** Returns what all of it is together. */
export function totalOf(growths: readonly Growth[]): Growth {
  const sum = (field: keyof Growth) => growths.reduce((total, growth) => total + growth[field], 0);
  return { keys: sum('keys'), bytes: sum('bytes') };
}

/** Throws `config_quota_exceeded` when the write takes the project over a bound; one that takes nothing more may pass. */
export function requireRoom(growth: Growth, { keys, bytes }: Growth): void {
  const isOver = (growth.keys > 0 && keys > KEYS_MAX) || (growth.bytes > 0 && bytes > BYTES_MAX);
  if (isOver)
    throw configErrors.configQuotaExceeded({ members: { keys, keys_max: KEYS_MAX, bytes, bytes_max: BYTES_MAX } });
}

/** Returns the schemas that a value has not had before, sorted: they must be held against, or checked for, their deletion. */
export function newPinsOf(changes: readonly Change[]): string[] {
  const isNew = ({ schema_id, base }: Change) =>
    schema_id !== null && (base === undefined || base.deleted || base.schema_id !== schema_id);
  return [...new Set(changes.filter(isNew).flatMap(({ schema_id }) => schema_id ?? []))].sort();
}
