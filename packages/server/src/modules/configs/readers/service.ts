/** Readers of a key: which programs read it, and what each expects of its content. A write that breaks one is told so. */
import { createHash } from 'node:crypto';
import { configReaders, type Tx } from '@tenant-registry/db';
import { batchedByReach, readsTogether } from '../../../kernel/batch-by-reach.ts';
import { addDays } from '../../../kernel/clock.ts';
import type { ActorContext } from '../../../kernel/context.ts';
import { paginateLarge } from '../../../kernel/cursors.ts';
import { DomainError, kernelErrors } from '../../../kernel/errors.ts';
import { transact } from '../../../kernel/transact.ts';
import { configSchemaErrors } from '../../config-schemas/errors.ts';
import type { ContentToTry, Mistake } from '../../config-schemas/port.ts';
import { findActiveProject, holdActiveProject } from '../../projects/service.ts';
import { lockWritableTenant, lockWritableTenantAlone, writableTenant } from '../../tenants/service.ts';
import { configErrors } from '../errors.ts';
import { readablePlace } from '../place.ts';
import type { Place } from '../store/port.ts';
import {
  type ConfigReader,
  type ListReaders,
  READER_DAYS,
  READERS_OF_KEY_MAX,
  READERS_OF_PROJECT_MAX,
  type RegisterReader,
  readerEvents,
} from './schema.ts';

/**
 * Keeps what the program expects of the key for seven days from now. Expecting what it did before is no event, and takes no
 * check. Throws `schema_invalid` with pointers under `/schema`, `validation_too_costly`, `config_reader_limit_reached`,
 * `project_archived`, `not_found`, `tenant_frozen`.
 */
export async function registerReader(ctx: ActorContext, input: RegisterReader): Promise<void> {
  const { project_id, key: config_key, reader } = input;
  const place = await readablePlace(ctx, project_id);
  const wanted = { ...place, config_key, reader, schema: JSON.stringify(input.schema), seen_at: ctx.clock() };
  if (await touch(ctx, wanted)) return;
  await writableTenant(ctx, place.tenant_id);
  await findActiveProject(ctx, place.tenant_id, project_id);
  await requireUsable(ctx, wanted);
  await transact(ctx, async (tx, record) => {
    // Alone: the readers that there are are counted.
    await lockWritableTenantAlone(ctx, tx, place.tenant_id);
    await holdActiveProject(tx, place.tenant_id, project_id);
    await requireRoom(ctx, tx, wanted);
    await configReaders.insertOrUpdateReader(tx, wanted);
    const sha256 = createHash('sha256').update(wanted.schema).digest('hex');
    await record(readerEvents.registered, { ...place, key: config_key, reader, sha256 });
  });
}

/** Moves the time of a reader that expects what it did before; false when it does not. */
async function touch(ctx: ActorContext, wanted: configReaders.Reader): Promise<boolean> {
  const { tenant_id, project_id } = wanted;
  const known = await configReaders.findReader(ctx.db, wanted);
  // One that was not there for long comes anew: others may have taken its place.
  if (known?.schema !== wanted.schema || new Date(known.seen_at) < oldest(ctx)) return false;
  return transact(ctx, async (tx, _, nothingChanged) => {
    await lockWritableTenant(ctx, tx, tenant_id);
    await holdActiveProject(tx, tenant_id, project_id);
    nothingChanged();
    return configReaders.touchReader(tx, wanted);
  });
}

/** The schema comes in the field `schema`. */
async function requireUsable({ jsonSchemas }: ActorContext, { tenant_id, schema }: configReaders.Reader) {
  try {
    await jsonSchemas.check(tenant_id, schema);
  } catch (error) {
    if (!isOf(error, configSchemaErrors.schemaInvalid)) throw error;
    const errors = (error.extras.errors ?? []).map(({ pointer, ...mistake }) => ({
      ...mistake,
      pointer: pointer.replace(/^\/content/, '/schema'),
    }));
    throw configSchemaErrors.schemaInvalid({ errors });
  }
}

async function requireRoom(ctx: ActorContext, tx: Tx, wanted: configReaders.Reader): Promise<void> {
  const { of_key, of_project } = await configReaders.findReadersInUse(tx, { ...wanted, since: oldest(ctx) });
  if (of_key >= READERS_OF_KEY_MAX || of_project >= READERS_OF_PROJECT_MAX) throw configErrors.readerLimit();
}

/** One page of the readers of a key that came within seven days. Throws `not_found`, `tenant_archived`, `tenant_busy`. */
export async function listReaders(ctx: ActorContext, input: ListReaders) {
  const { project_id } = await readablePlace(ctx, input.project_id);
  const since = oldest(ctx);
  return paginateLarge(ctx, {
    list: 'config_readers',
    input,
    keyOf: ({ reader }: ConfigReader) => [reader],
    rowsAtOnce: READERS_OF_KEY_MAX,
    async fetch(page) {
      const asked = { project_id, config_key: input.key, since };
      const { rows, more } = await configReaders.listReaders(ctx.db, asked, page);
      return { rows: rows.map(({ schema, ...row }) => ({ ...row, schema: JSON.parse(schema) })), more };
    },
  });
}

/** A program whose expectations of the key the content does not meet. */
interface BrokenReader {
  readonly reader: string;
  /** With pointers into the content. */
  readonly errors: readonly Mistake[];
}

/**
 * Returns the readers that came within seven days and do not accept the content. A reader whose schema costs too much for
 * this content cannot be asked, so it blocks no write; nor does any other one for as long as readers of the tenant were too
 * costly too often. Throws `tenant_busy` and `overloaded`.
 */
export async function brokenReaders(
  ctx: ActorContext,
  { tenant_id, project_id }: Place,
  { key, content }: { readonly key: string; readonly content: unknown },
): Promise<BrokenReader[]> {
  const asked = { project_id, config_key: key, since: oldest(ctx) };
  const broken: BrokenReader[] = [];
  for (const { reader, schema } of await ctx.readersOfKey(ctx, asked)) {
    const errors = await mistakesOf(ctx, tenant_id, { schema, content });
    if (errors.length > 0) broken.push({ reader, errors });
  }
  return broken;
}

/** A reader may be of a caller that writes nothing: what its schema costs is counted apart from what writers cost. */
async function mistakesOf(
  { jsonSchemas }: ActorContext,
  tenantId: string,
  asked: ContentToTry,
): Promise<readonly Mistake[]> {
  try {
    return await jsonSchemas.validate(`${tenantId} readers`, asked);
  } catch (error) {
    if (isOf(error, configSchemaErrors.validationTooCostly) || isOf(error, kernelErrors.rateLimited)) return [];
    throw error;
  }
}

function isOf(error: unknown, { definition }: { readonly definition: object }): error is DomainError {
  return error instanceof DomainError && error.definition === definition;
}

export type ReadersOfKey = ReturnType<typeof createReadersOfKey>;

/** Makes the function that returns the readers of a key, which every write of it asks for. */
export function createReadersOfKey() {
  return batchedByReach({ ask: configReaders.listReadersOfKeys, ...readsTogether });
}

function oldest({ clock }: ActorContext): Date {
  return addDays(clock(), -READER_DAYS);
}
