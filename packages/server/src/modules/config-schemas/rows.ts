/** Schemas as the caller may know of them, read and locked, and as they are shown. */
import { createHash } from 'node:crypto';
import { configSchemas, type Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { spanOf } from '../../kernel/reach.ts';
import type { Author } from '../configs/schema.ts';
import { lockOwned, readableTenant } from '../tenants/service.ts';
import {
  type ConfigSchema,
  configSchema,
  type ListedConfigSchema,
  type ListedSchemaVersion,
  type SchemaVersion,
  type ToldConfigSchema,
} from './schema.ts';

type Row = configSchemas.ConfigSchemaRow;

/** A schema and the text of its latest version. */
export interface Held {
  readonly row: Row;
  readonly text: string;
}

const AUTHOR_NAME_MAX = 200;

/** Returns who writes, as it is kept with what is written. */
export function authorOf({ actor: { type, id, name } }: ActorContext): Author {
  return { type, id, name: name.slice(0, AUTHOR_NAME_MAX) };
}

/**
 * Returns the schema, or throws `not_found`: also for a deleted one and for one of another tenant. Schemas are of the whole
 * tenant, so an actor that is bound to a project reaches them.
 */
function reachableSchema({ actor }: ActorContext, row: Row | undefined): Row {
  if (row === undefined || row.deleted_at !== null) throw kernelErrors.notFound();
  if (actor.tenant_id !== null && row.tenant_id !== actor.tenant_id) throw kernelErrors.notFound();
  return row;
}

interface Named {
  readonly id: string;
  readonly project_id?: string | undefined;
}

/** Throws `not_found`, `tenant_archived`. */
export async function readableSchema(ctx: ActorContext, { id, project_id }: Named): Promise<Row> {
  spanOf(ctx, { project_id });
  const row = reachableSchema(ctx, await configSchemas.findConfigSchema(ctx.db, id));
  await readableTenant(ctx, row.tenant_id);
  return row;
}

/** Adds the text of the latest version. */
export async function withText(db: Tx | ActorContext['db'], row: Row): Promise<Held> {
  const { id: schema_id, latest_version: version } = row;
  const latest = await configSchemas.findConfigSchemaVersion(db, { schema_id, version });
  if (latest === undefined) throw new Error('a schema has its latest version');
  return { row, text: latest.content };
}

/**
 * The schema as the caller knows it, locked, in a tenant that takes writes. Throws `not_found`, `tenant_frozen`,
 * `precondition_failed`.
 */
export async function lockWritableSchema(ctx: ActorContext, tx: Tx, id: string): Promise<Held> {
  const { findConfigSchema: find, lockConfigSchema: lock } = configSchemas;
  const held = await withText(tx, await lockOwned(ctx, tx, { id, find, lock, reach: reachableSchema }));
  requireKnown(ctx, held);
  return held;
}

/** Throws `precondition_failed` unless the caller knows the schema as it is. */
export function requireKnown(ctx: ActorContext, held: Held): void {
  requireMatch(ctx, configSchema.parse(shown(held)));
}

/** Returns the schema without its content. */
export function listed({ created_by_user_id: _, deleted_at: __, created_by, ...row }: Row): ListedConfigSchema {
  // What the registry wrote itself.
  return { ...row, created_by: created_by as Author };
}

/** Returns the schema with the content of its latest version. */
export function shown({ row, text }: Held): ConfigSchema {
  return { ...listed(row), content: JSON.parse(text) };
}

/** Returns the version without its content. */
export function listedVersion(row: Omit<configSchemas.ConfigSchemaVersionRow, 'content'>): ListedSchemaVersion {
  return { ...row, created_by: row.created_by as Author }; // what the registry wrote itself
}

/** Returns the version with its content. */
export function shownVersion({ content, ...row }: configSchemas.ConfigSchemaVersionRow): SchemaVersion {
  return { ...listedVersion(row), content: JSON.parse(content) };
}

/** Returns what events tell of the schema, without its content. */
export function toldOf({ row, text }: Held): ToldConfigSchema {
  const { id, tenant_id, name, description, latest_version: version } = row;
  return { id, tenant_id, name, description, version, sha256: createHash('sha256').update(text).digest('hex') };
}
