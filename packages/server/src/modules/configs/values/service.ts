/** The value of one key: read, created, replaced, deleted. */
import type { ActorContext } from '../../../kernel/context.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { findActiveProject } from '../../projects/service.ts';
import { writableTenant } from '../../tenants/service.ts';
import { canonicalOf } from '../canonical.ts';
import { configErrors } from '../errors.ts';
import { readablePlace } from '../place.ts';
import type { Config } from '../schema.ts';
import type { Change, Place } from '../store/port.ts';
import type { Found } from './expected.ts';
import { type AskedPin, pinOf, requireValid } from './pin.ts';
import type { CreateConfig, DeleteConfig, GetConfig, PutConfig } from './schema.ts';
import { shown } from './shown.ts';
import { writeKey } from './write.ts';

/** Throws `not_found` for a key without a value, `tenant_archived`. */
export async function getConfig(ctx: ActorContext, { project_id, key }: GetConfig): Promise<Config> {
  const place = await readablePlace(ctx, project_id);
  const { epoch, config } = await ctx.configStore.find(ctx, place, key);
  if (config === undefined || config.deleted) throw kernelErrors.notFound();
  return shown(config, epoch);
}

/**
 * Gives the key this content, from the version that the caller knows. Equal content, by the same schema, changes nothing.
 * Throws `expected_version_required`, `version_conflict`, `precondition_failed`, `config_schema_not_found`,
 * `content_invalid`, `validation_too_costly`, `breaks_readers`, `config_quota_exceeded`, `project_archived`, `not_found`,
 * `tenant_frozen`.
 */
export async function putConfig(ctx: ActorContext, input: PutConfig): Promise<Config> {
  const { project_id, key, expected_version: expected } = input;
  const place = await readablePlace(ctx, project_id);
  const change = (found: Found) => changeTo(ctx, place, { found, input });
  const { epoch, config, changed } = await writeKey(ctx, { place, key, expected, change });
  if (!changed) await requireWritable(ctx, place);
  return shown(config, epoch);
}

/** Gives a key without a value its first one. Throws `config_exists`, and like `putConfig`. */
export async function createConfig(ctx: ActorContext, input: CreateConfig): Promise<Config> {
  const { project_id, key } = input;
  const place = await readablePlace(ctx, project_id);
  const { config: there } = await ctx.configStore.find(ctx, place, key);
  if (there?.deleted === false) throw configErrors.configExists({ members: { current_version: there.version } });
  const change = (found: Found) => changeTo(ctx, place, { found, input: { ...input, ignore_readers: undefined } });
  const { epoch, config } = await writeKey({ ...ctx, ifMatch: null }, { place, key, expected: 0, change });
  return shown(config, epoch);
}

/** Deletes the key; its history stays, and a rollback brings it back. Throws `not_found`, and like `putConfig`. */
export async function deleteConfig(ctx: ActorContext, input: DeleteConfig): Promise<void> {
  const { project_id, key, expected_version: expected, reason = null } = input;
  const place = await readablePlace(ctx, project_id);
  const change = async ({ config: base }: Found): Promise<Change> => {
    if (base === undefined || base.deleted) throw kernelErrors.notFound();
    const { schema_id, schema_version } = base;
    const nothing = { content: null, content_sha256: null, source_version: null, ignored_readers: [] } as const;
    return { key, base, operation: 'delete', schema_id, schema_version, reason, ...nothing };
  };
  await writeKey(ctx, { place, key, expected, change });
}

export interface Wish {
  readonly found: Found;
  readonly input: AskedPin & Pick<PutConfig, 'key' | 'content' | 'reason' | 'ignore_readers'>;
}

/**
 * Returns the change to the content of the input, checked, or null when the key has it already. Throws
 * `config_schema_not_found`, `content_invalid`, `validation_too_costly`, `breaks_readers`.
 */
export async function changeTo(ctx: ActorContext, place: Place, { found, input }: Wish): Promise<Change | null> {
  const { key, content, reason = null } = input;
  const base = found.config;
  const { schema, ...pin } = await pinOf(ctx, place, { base, pin: input });
  const { sha256: content_sha256 } = canonicalOf(content);
  const isEqual = base?.content_sha256 === content_sha256 && !base.deleted;
  if (isEqual && base.schema_id === pin.schema_id && base.schema_version === pin.schema_version) return null;
  await requireValid(ctx, place, { schema, content });
  const operation = base === undefined || base.deleted ? 'create' : 'update';
  const made = { content, content_sha256, source_version: null, ignored_readers: [] };
  return { key, base, operation, ...pin, reason, ...made };
}

/** For a write that changes nothing, or begins with other work: its answer is still that of a write. Throws `tenant_frozen`, `project_archived`. */
export async function requireWritable(ctx: ActorContext, { tenant_id, project_id }: Place): Promise<void> {
  await writableTenant(ctx, tenant_id);
  await findActiveProject(ctx, tenant_id, project_id);
}
