/** The value of one key: read, created, replaced, deleted. */
import type { ActorContext } from '../../../kernel/context.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { canonicalOf } from '../canonical.ts';
import { configErrors } from '../errors.ts';
import { findInProject, requireWritable } from '../place.ts';
import type { Config } from '../schema.ts';
import type { Change, Place } from '../store/port.ts';
import { ignoredReaders } from './accepted.ts';
import { currentVersion, type Found } from './expected.ts';
import { patchOf } from './patch.ts';
import { type AskedPin, mistakesOf, pinOf, requireValid } from './pin.ts';
import type { CreateConfig, DeleteConfig, GetConfig, PutConfig, ValidateConfig, Validation } from './schema.ts';
import { shown } from './shown.ts';
import { writeKey } from './write.ts';

/** Throws `not_found` for a key without a value, `tenant_archived`. */
export async function getConfig(ctx: ActorContext, { project_id, key }: GetConfig): Promise<Config> {
  const { epoch, config } = await findInProject(ctx, project_id, key);
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
  const { place, ...found } = await findInProject(ctx, project_id, key);
  const change = (found: Found) => changeTo(ctx, place, { found, input });
  const { epoch, config, changed } = await writeKey(ctx, { place, key, expected, found, change });
  // Nothing had to be written: the answer is still that of a write.
  if (!changed) requireWritable(place);
  return shown(config, epoch);
}

/** Gives a key without a value its first one. Throws `config_exists`, and like `putConfig`. */
export async function createConfig(ctx: ActorContext, input: CreateConfig): Promise<Config> {
  const { project_id, key } = input;
  const { place, ...found } = await findInProject(ctx, project_id, key);
  const change = (found: Found) => changeTo(ctx, place, { found, input });
  const { epoch, config } = await writeKey(ctx, { place, key, expected: 0, found, change, conflict: exists });
  return shown(config, epoch);
}

function exists(found: Found) {
  return configErrors.configExists({ members: { current_version: currentVersion(found) } });
}

/** Deletes the key; its history stays, and a rollback brings it back. Throws `not_found`, and like `putConfig`. */
export async function deleteConfig(ctx: ActorContext, input: DeleteConfig): Promise<void> {
  const { project_id, key, expected_version: expected, reason = null } = input;
  const { place, ...found } = await findInProject(ctx, project_id, key);
  const change = async ({ config: base }: Found): Promise<Change> => {
    if (base === undefined || base.deleted) throw kernelErrors.notFound();
    const { schema_id, schema_version } = base;
    const nothing = { content: null, content_sha256: null, source_version: null, ignored_readers: [] } as const;
    return { key, base, operation: 'delete', schema_id, schema_version, reason, ...nothing };
  };
  await writeKey(ctx, { place, key, expected, found, change });
}

/**
 * Tells whether the content is valid for the key, and how it differs from the current one; the key need not be there.
 * Nothing is written. Throws `config_schema_not_found`, `validation_too_costly`, `not_found`, `tenant_archived`.
 */
export async function validateConfig(ctx: ActorContext, input: ValidateConfig): Promise<Validation> {
  const { project_id, key, content } = input;
  const { place, ...found } = await findInProject(ctx, project_id, key);
  const { schema } = await pinOf(ctx, place, { base: found.config, pin: input });
  const errors = await mistakesOf(ctx, place, { schema, content });
  const version = currentVersion(found);
  const before = version === 0 ? undefined : { content: found.config?.content };
  return {
    valid: errors.length === 0,
    errors: [...errors],
    version,
    patch: await patchOf(ctx, place, { from: before, to: { content } }),
  };
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
  const ignored_readers = await ignoredReaders(ctx, place, { key, content, ignore: input.ignore_readers });
  const operation = base === undefined || base.deleted ? 'create' : 'update';
  const made = { content, content_sha256, source_version: null, ignored_readers };
  return { key, base, operation, ...pin, reason, ...made };
}
