/** A stored key → what callers see. */
import { cursorOf } from '../cursor.ts';
import type { Config } from '../schema.ts';
import type { ConfigText, StoredConfig } from '../store/port.ts';

/** Returns the current value of a key that has one. */
export function shown(stored: StoredConfig, epoch: string): Config {
  const { project_id, tenant_id, key, version, content, content_sha256, schema_id, schema_version, revision } = stored;
  if (content_sha256 === null) throw new Error('a key with a value has the hash of its content');
  const { updated_by, created_at, updated_at } = stored;
  const value = { version, content, content_sha256, schema_id, schema_version };
  const cursor = cursorOf(stored, { epoch, revision });
  return { project_id, tenant_id, key, ...value, updated_by, created_at, updated_at, cursor };
}

/** Returns what `shown` shows, as text of JSON. */
export function shownText(stored: ConfigText, epoch: string): string {
  const {
    project_id,
    tenant_id,
    key,
    version,
    content,
    content_sha256,
    schema_id,
    schema_version,
    updated_by,
    created_at,
    updated_at,
    revision,
  } = stored;
  const cursor = cursorOf(stored, { epoch, revision });
  const after = { content_sha256, schema_id, schema_version, updated_by, created_at, updated_at, cursor };
  return objectText({ project_id, tenant_id, key, version }, content, after);
}

/** Returns the text of an object whose `content` is text of JSON already, between members before and after it. */
export function objectText(before: object, content: string, after: object): string {
  return `${JSON.stringify(before).slice(0, -1)},"content":${content},${JSON.stringify(after).slice(1)}`;
}
