/** What a change of a key becomes when it is made, whatever the store: its version, its event, and its value. */
import type { ActorContext } from '../../../kernel/context.ts';
import { type Author, type ChangedConfig, configEvents } from '../schema.ts';
import type { Change, Place, StoredConfig, Write } from './port.ts';

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

/** Returns by how much the counts of the project change. */
export function growthOf({ changes }: Write, bytesOf: (content: unknown) => number): { keys: number; bytes: number } {
  const bytes = ({ operation, content, base }: Change) =>
    (operation === 'delete' ? 0 : bytesOf(content)) - (base === undefined || base.deleted ? 0 : bytesOf(base.content));
  return {
    keys: changes.filter(({ base }) => base === undefined).length,
    bytes: changes.reduce((sum, change) => sum + bytes(change), 0),
  };
}
