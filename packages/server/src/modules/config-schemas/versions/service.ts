/** Versions of a schema: added, read, tried and adopted. A version never changes, and moves no configuration by itself. */
import { isDeepStrictEqual } from 'node:util';
import { configSchemas } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { paginate } from '../../../kernel/cursors.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { transact } from '../../../kernel/transact.ts';
import { movePins, type TriedConfigs, tryOnConfigs, underContent } from '../../configs/pins/service.ts';
import { writableTenant } from '../../tenants/service.ts';
import { configSchemaErrors } from '../errors.ts';
import {
  authorOf,
  type Held,
  listedVersion,
  lockWritableSchema,
  readableSchema,
  requireKnown,
  shownVersion,
  toldOf,
  withText,
} from '../rows.ts';
import {
  ADOPTED_MAX,
  type AddVersion,
  type Adoption,
  type AdoptVersion,
  CHANGED_SHOWN_MAX,
  type CheckContent,
  type ContentVerdict,
  configSchemaEvents,
  type GetVersion,
  type ListedSchemaVersion,
  type ListVersions,
  type SchemaVersion,
  VERSIONS_MAX,
} from '../schema.ts';

/**
 * Adds a version, and moves no configuration to it; content that is equal to the latest version adds nothing. Throws
 * `schema_invalid`, `validation_too_costly`, `schema_breaks_configs` unless `breaking`, `schema_changed` when another version
 * was added meanwhile, `schema_version_limit_reached`, `not_found`, `tenant_frozen`, `precondition_failed`.
 */
export async function addVersion(ctx: ActorContext, { id, content, breaking }: AddVersion): Promise<SchemaVersion> {
  const known = await withText(ctx.db, await readableSchema(ctx, { id }));
  await writableTenant(ctx, known.row.tenant_id);
  requireKnown(ctx, known);
  const text = JSON.stringify(content);
  const isEqual = isDeepStrictEqual(JSON.parse(known.text), content);
  if (!isEqual) await requireUsable(ctx, known, { text, breaking });
  return transact(ctx, async (tx, record, nothingChanged) => {
    const held = await lockWritableSchema(ctx, tx, id);
    if (held.row.latest_version !== known.row.latest_version) throw configSchemaErrors.schemaChanged();
    if (isEqual) {
      nothingChanged();
      const version = held.row.latest_version;
      return shownVersion(await existing(configSchemas.findConfigSchemaVersion(tx, { schema_id: id, version })));
    }
    const version = nextVersion(held);
    const { tenant_id } = held.row;
    const created = { created_by: { ...authorOf(ctx) }, created_at: ctx.clock() };
    const added = { schema_id: id, tenant_id, version, content: text, ...created };
    const made = await configSchemas.insertConfigSchemaVersion(tx, added);
    const row = await configSchemas.updateConfigSchema(tx, id, { latest_version: version });
    await record(configSchemaEvents.versionAdded, toldOf({ row, text }));
    return shownVersion(made);
  });
}

interface Wanted {
  readonly text: string;
  readonly breaking: boolean | undefined;
}

/** What takes time is done before the transaction, for which nothing may wait. */
async function requireUsable(ctx: ActorContext, known: Held, { text, breaking }: Wanted): Promise<void> {
  const { tenant_id, id: schema_id } = known.row;
  nextVersion(known);
  await ctx.jsonSchemas.check(tenant_id, text);
  if (breaking !== true) requireUnbroken(await tryOnConfigs(ctx, { tenant_id, schema_id, schema: text, keepMax: 0 }));
}

function nextVersion({ row: { latest_version } }: Held): number {
  if (latest_version >= VERSIONS_MAX) throw configSchemaErrors.schemaVersionLimit();
  return latest_version + 1;
}

function requireUnbroken({ broken, count }: TriedConfigs): void {
  if (count > 0) throw configSchemaErrors.schemaBreaksConfigs({ members: { configs: broken, count } });
}

/** One page of the versions of a schema, newest first. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listVersions(ctx: ActorContext, input: ListVersions) {
  const { id } = await readableSchema(ctx, input);
  return paginate(ctx.cursors, {
    list: 'config_schema_versions',
    input,
    keyOf: ({ version }: ListedSchemaVersion) => [String(version)],
    fetch: async (page) => (await configSchemas.listConfigSchemaVersions(ctx.db, id, page)).map(listedVersion),
  });
}

/** Throws `not_found`, `tenant_archived`. */
export async function getVersion(ctx: ActorContext, { version, ...named }: GetVersion): Promise<SchemaVersion> {
  const { id: schema_id } = await readableSchema(ctx, named);
  return shownVersion(await existing(configSchemas.findConfigSchemaVersion(ctx.db, { schema_id, version })));
}

/** Tries a content against a version, and writes nothing. Throws `validation_too_costly`, `not_found`, `tenant_archived`. */
export async function checkContent(ctx: ActorContext, input: CheckContent): Promise<ContentVerdict> {
  const { id: schema_id, tenant_id, latest_version } = await readableSchema(ctx, input);
  const { version = latest_version, content } = input;
  const { content: schema } = await existing(configSchemas.findConfigSchemaVersion(ctx.db, { schema_id, version }));
  const errors = underContent(await ctx.jsonSchemas.validate(tenant_id, { schema, content }));
  return { valid: errors.length === 0, errors };
}

/**
 * Moves the configurations that are checked against another version of the schema to this one, when all of them are valid by
 * it. Each is moved only if it still is as it was tried. Throws `schema_breaks_configs`, `validation_too_costly`,
 * `not_found`, `tenant_frozen`.
 */
export async function adoptVersion(ctx: ActorContext, { id, version }: AdoptVersion): Promise<Adoption> {
  const { tenant_id } = await readableSchema(ctx, { id });
  await writableTenant(ctx, tenant_id);
  const { content: schema } = await existing(configSchemas.findConfigSchemaVersion(ctx.db, { schema_id: id, version }));
  const pins = { tenant_id, schema_id: id, except_version: version };
  const tried = await tryOnConfigs(ctx, { ...pins, schema, keepMax: ADOPTED_MAX });
  requireUnbroken(tried);
  const { moved, changed } = await movePins(ctx, {
    tenant_id,
    pin: { schema_id: id, schema_version: version },
    tried: tried.kept,
  });
  return {
    adopted: moved,
    changed_meanwhile: changed.slice(0, CHANGED_SHOWN_MAX),
    remaining: tried.valid - moved - changed.length,
  };
}

async function existing<Row>(found: Promise<Row | undefined>): Promise<Row> {
  const row = await found;
  if (row === undefined) throw kernelErrors.notFound();
  return row;
}
