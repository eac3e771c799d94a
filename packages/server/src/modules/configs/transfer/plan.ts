/** The plan of an import: what becomes of each key, decided and checked before anything is written. */
import type { ActorContext } from '../../../kernel/context.ts';
import { DomainError, type InputMistake, kernelErrors, tooLate } from '../../../kernel/errors.ts';
import { configSchemaErrors } from '../../config-schemas/errors.ts';
import { configErrors } from '../errors.ts';
import { pageOfState } from '../reading/state-pages.ts';
import type { Change, Place, StoredConfig } from '../store/port.ts';
import { changeTo } from '../values/service.ts';
import { ownWrite } from '../values/write.ts';
import type { Action, ImportConfigs, ImportItem } from './schema.ts';

/** Keys that are asked for at once, and about their bytes. */
const KEYS_AT_ONCE = 1_000;
const PAGE_BYTES_MAX = 1_048_576;

/** A change, without the value that it is made from: a plan of many keys would hold as many of those. */
export interface PlannedChange extends Omit<Change, 'base'> {
  /** The version that the key must still have; 0: it was never written. */
  readonly from: number;
}

export interface PlannedItem {
  readonly key: string;
  readonly action: Action;
  /** That the key has afterwards; null of an invalid item. */
  readonly version: number | null;
  /** Null: nothing has to be written. */
  readonly change: PlannedChange | null;
  /** The revision at which this very import has made it, when its answer was lost; null: it has not. */
  readonly madeAt: number | null;
  /** Why it is invalid. */
  readonly mistakes: readonly InputMistake[];
}

export interface Importing {
  readonly input: ImportConfigs;
  readonly write_id: string;
}

/**
 * Returns the items in their order, then the keys that are deleted. What this very import has made already stands in the plan
 * as it was made, whatever followed. Throws like `find` and `page` of the store, and ends when the caller has another answer.
 */
export async function planOf(ctx: ActorContext, place: Place, importing: Importing): Promise<PlannedItem[]> {
  const { input } = importing;
  const places = new Map<string, number>();
  const plan: PlannedItem[] = [];
  for (const [index, item] of input.items.entries()) {
    requireAwaited(ctx);
    const before = places.get(item.key);
    if (before === undefined) places.set(item.key, index);
    const repeated = { pointer: `/items/${index}/key`, message: `is the key of /items/${before} too` };
    plan.push(
      before === undefined ? await planItem(ctx, place, { ...importing, index, item }) : invalid(item.key, [repeated]),
    );
  }
  if (input.prune) plan.push(...(await planDeletions(ctx, place, { ...importing, named: places, plan })));
  return plan;
}

/** Throws when nobody has an answer to wait for: what is left would only keep others from their turns. */
function requireAwaited({ signal, deadline }: ActorContext): void {
  signal.throwIfAborted();
  if (deadline.leftMs() === 0) throw tooLate();
}

interface Numbered extends Importing {
  readonly index: number;
  readonly item: ImportItem;
}

async function planItem(ctx: ActorContext, place: Place, numbered: Numbered): Promise<PlannedItem> {
  const { index, item, input, write_id } = numbered;
  const { key, content, schema_id } = item;
  const { reason, ignore_readers } = input;
  const schema_version = item.schema_version ?? undefined;
  const found = await ctx.configStore.find(ctx, place, key);
  const own = await ownWrite(ctx, { place, config: found.config, write_id });
  if (own !== undefined) return made(own);
  const wish = { key, content, schema_id, schema_version, reason, ignore_readers };
  try {
    const change = await changeTo(ctx, place, { found, input: wish });
    if (change !== null) return planned(change);
    return { ...nothing, key, action: 'unchanged', version: found.config?.version ?? null };
  } catch (error) {
    return invalid(key, mistakesOf(error, `/items/${index}`));
  }
}

function planned({ base, ...change }: Change): PlannedItem {
  const from = base?.version ?? 0;
  const action = change.operation === 'rollback' ? 'update' : change.operation;
  return { ...nothing, key: change.key, action, version: from + 1, change: { ...change, from } };
}

function made({ key, version, revision, deleted, created_at, updated_at }: StoredConfig): PlannedItem {
  const action = deleted ? 'delete' : created_at === updated_at ? 'create' : 'update';
  return { ...nothing, key, action, version, madeAt: revision };
}

function invalid(key: string, mistakes: readonly InputMistake[]): PlannedItem {
  return { ...nothing, key, action: 'invalid', version: null, mistakes };
}

const nothing = { change: null, madeAt: null, mistakes: [] } as const;

/** The mistakes of one item, at its place in the input. Every other error ends the import. */
function mistakesOf(error: unknown, pointer: string): InputMistake[] {
  if (!(error instanceof DomainError)) throw error;
  const { code } = error.definition;
  const told = error.extras.errors ?? [];
  switch (code) {
    case configErrors.contentInvalid.definition.code:
    case kernelErrors.invalidInput.definition.code:
      return told.map((mistake) => ({ ...mistake, pointer: pointer + mistake.pointer }));
    case configErrors.schemaNotFound.definition.code:
      if (told.length > 0) return told.map((mistake) => ({ ...mistake, pointer: pointer + mistake.pointer }));
      return [{ pointer: `${pointer}/schema_id`, message: 'the tenant has no such schema, or it has no such version' }];
    case configErrors.breaksReaders.definition.code:
      return [{ pointer: `${pointer}/content`, message: 'is not accepted by a program that reads the key' }];
    case configSchemaErrors.validationTooCostly.definition.code:
      return [{ pointer: `${pointer}/content`, message: 'takes more time or memory to check than it may' }];
    default:
      throw error;
  }
}

interface Pruning extends Importing {
  readonly named: ReadonlyMap<string, number>;
  /** Of the items. */
  readonly plan: readonly PlannedItem[];
}

async function planDeletions(ctx: ActorContext, place: Place, pruning: Pruning): Promise<PlannedItem[]> {
  const { input, write_id, named, plan } = pruning;
  const { prune_prefix: prefix = '', reason = null } = input;
  const deletions: { readonly item: PlannedItem; readonly revision: number }[] = [];
  let after: string | undefined;
  for (;;) {
    requireAwaited(ctx);
    const asked = { prefix, after, limit: KEYS_AT_ONCE, bytesMax: PAGE_BYTES_MAX, content: false, tombstones: true };
    const { rows, more } = await pageOfState(ctx, place, { ...asked, byTime: false });
    for (const row of rows) {
      if (named.has(row.key)) continue;
      const own = await ownWrite(ctx, { place, config: row, write_id });
      if (own !== undefined) deletions.push({ item: made(own), revision: 0 });
      else if (!row.deleted) deletions.push({ item: planned(deletionOf(row, reason)), revision: row.revision });
    }
    after = rows.at(-1)?.key;
    if (!more || after === undefined) break;
  }
  const items = deletions.map(({ item }) => item);
  // A repetition leaves what others have written since the import began: its first try did not mean it.
  const begunAt = Math.min(...[...plan, ...items].flatMap(({ madeAt }) => madeAt ?? []));
  return deletions.filter(({ revision }) => revision < begunAt).map(({ item }) => item);
}

function deletionOf(base: StoredConfig, reason: string | null): Change {
  const { key, schema_id, schema_version } = base;
  const nothing = { content: null, content_sha256: null, source_version: null, ignored_readers: [] } as const;
  return { key, base, operation: 'delete', schema_id, schema_version, reason, ...nothing };
}
