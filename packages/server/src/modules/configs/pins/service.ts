/** Configurations that are checked against one schema: tried by another version of it, and moved to that version. */
import { configSchemas, type configSchemas as queries } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { DomainError, kernelErrors } from '../../../kernel/errors.ts';
import { projectErrors } from '../../projects/errors.ts';
import { CHANGES_BYTES_MAX, CHANGES_MAX } from '../schema.ts';
import type { Change, Pin, Place } from '../store/port.ts';
import { writeIdOf } from '../values/write.ts';

/** Configurations that one statement reads, and the bytes of their content: about, as the last row may exceed it. */
const PAGE_ROWS = 200;
const PAGE_BYTES = 2_097_152;
/** Configurations that a refusal names. */
const BROKEN_SHOWN_MAX = 20;
/** Keys that are looked up at once. */
const FINDS_AT_ONCE = 4;
/** Time that is left for the answer when moving ends early. */
const RESERVE_MS = 2_000;

/** A key, as it was when it was tried. */
export interface TriedConfig {
  readonly project_id: string;
  readonly key: string;
  readonly version: number;
}

export interface BrokenConfig {
  readonly project_id: string;
  readonly key: string;
  readonly errors: readonly { readonly pointer: string; readonly message: string }[];
}

export interface TriedConfigs {
  /** The first that are valid, as many as were asked for. */
  readonly kept: readonly TriedConfig[];
  /** How many are valid. */
  readonly valid: number;
  /** The first 20 that are not. */
  readonly broken: readonly BrokenConfig[];
  /** How many are not. */
  readonly count: number;
}

export interface Trial extends queries.PinFilter {
  /** The text of the version. */
  readonly schema: string;
  readonly keepMax: number;
}

/**
 * Tries the schema on every value of the tenant that is checked against some version of it, in projects that are not
 * archived. Reads page by page, and holds no lock. Throws `validation_too_costly`, and when the caller has another answer.
 */
export async function tryOnConfigs(ctx: ActorContext, trial: Trial): Promise<TriedConfigs> {
  const { tenant_id, schema, keepMax } = trial;
  const kept: TriedConfig[] = [];
  const broken: BrokenConfig[] = [];
  let [valid, count] = [0, 0];
  let page: readonly queries.PinnedConfig[] = [];
  const contents = async function* () {
    for await (page of pagesOf(ctx, trial)) yield page.map(({ content }) => content);
  };
  for await (const verdicts of ctx.jsonSchemas.validateEach(tenant_id, { schema, contents: contents() })) {
    for (const [index, { project_id, key, version }] of page.entries()) {
      const mistakes = verdicts[index] ?? [];
      if (mistakes.length === 0) {
        valid += 1;
        if (kept.length < keepMax) kept.push({ project_id, key, version });
      } else {
        count += 1;
        if (broken.length < BROKEN_SHOWN_MAX) broken.push({ project_id, key, errors: underContent(mistakes) });
      }
    }
  }
  return { kept, valid, broken, count };
}

async function* pagesOf(ctx: ActorContext, filter: queries.PinFilter) {
  for (let after: readonly string[] | undefined; ; ) {
    ctx.signal.throwIfAborted();
    const asked = { limit: PAGE_ROWS, bytesMax: PAGE_BYTES, after };
    const { rows, more } = await configSchemas.listPinnedConfigs(ctx.db, filter, asked);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    if (!more) return;
    after = [last.project_id, last.key];
  }
}

/** Returns the mistakes with pointers under `/content`. */
export function underContent(mistakes: readonly { readonly pointer: string; readonly message: string }[]) {
  return mistakes.map(({ pointer, message }) => ({ pointer: `/content${pointer}`, message }));
}

interface Move {
  readonly tenant_id: string;
  readonly pin: Pin;
  readonly tried: readonly TriedConfig[];
}

/** What became of the keys; those that are in neither were not reached in time. */
interface Moved {
  moved: number;
  readonly changed: { readonly project_id: string; readonly key: string }[];
}

/**
 * Moves each key to the pin, with its content, if it still is as it was tried: at most 60 of one project in one commit.
 * Ends early when the caller's time is nearly over. Throws like `commit` of the store.
 */
export async function movePins(ctx: ActorContext, { tenant_id, pin, tried }: Move): Promise<Moved> {
  const result: Moved = { moved: 0, changed: [] };
  for (const [project_id, keys] of Map.groupBy(tried, (each) => each.project_id)) {
    for (let start = 0; start < keys.length; start += CHANGES_MAX) {
      ctx.signal.throwIfAborted();
      if (ctx.deadline.leftMs() < RESERVE_MS) return result;
      const place = { tenant_id, project_id };
      await moveSome(ctx, place, { pin, keys: keys.slice(start, start + CHANGES_MAX), result });
    }
  }
  return result;
}

interface Some {
  readonly pin: Pin;
  readonly keys: readonly TriedConfig[];
  readonly result: Moved;
}

async function moveSome(ctx: ActorContext, place: Place, { pin, keys, result }: Some): Promise<void> {
  const { project_id } = place;
  const changes: Change[] = [];
  for (let start = 0; start < keys.length; start += FINDS_AT_ONCE) {
    const some = keys.slice(start, start + FINDS_AT_ONCE);
    const found = await Promise.all(some.map((tried) => changeOf(ctx, place, { pin, tried })));
    for (const [index, change] of found.entries()) {
      if (change !== undefined) changes.push(change);
      else result.changed.push({ project_id, key: some[index]?.key ?? '' });
    }
  }
  for (const part of partsOf(changes)) {
    const late = await commitAll(ctx, place, part);
    result.moved += part.length - late.length;
    result.changed.push(...late.map((key) => ({ project_id, key })));
  }
}

interface Wish {
  readonly pin: Pin;
  readonly tried: TriedConfig;
}

/** Returns the change of the pin alone; undefined when the key is not as it was tried. */
async function changeOf(ctx: ActorContext, place: Place, { pin, tried }: Wish): Promise<Change | undefined> {
  const { key, version } = tried;
  const { config: base } = await ctx.configStore.find(ctx, place, key);
  if (base === undefined || base.deleted || base.version !== version) return undefined;
  const { content, content_sha256 } = base;
  const made = { content, content_sha256, source_version: null, reason: null, ignored_readers: [] };
  return { key, base, operation: 'update', ...pin, ...made };
}

/** Cuts the changes where a commit would hold too many bytes. */
function* partsOf(changes: readonly Change[]): Generator<readonly Change[]> {
  let part: Change[] = [];
  let bytes = 0;
  for (const change of changes) {
    const more = Buffer.byteLength(JSON.stringify(change.content));
    if (part.length > 0 && bytes + more > CHANGES_BYTES_MAX) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(change);
    bytes += more;
  }
  if (part.length > 0) yield part;
}

/** Commits those that still are as they were tried, and returns the keys of the others. */
async function commitAll(ctx: ActorContext, place: Place, part: readonly Change[]): Promise<string[]> {
  const write_id = writeIdOf(ctx);
  const late: string[] = [];
  for (let changes = part; changes.length > 0; ) {
    try {
      const result = await ctx.configStore.commit(ctx, place, { changes, write_id });
      if (result.outcome === 'committed') return late;
      late.push(result.key);
      changes = changes.filter(({ key }) => key !== result.key);
    } catch (error) {
      if (!isClosed(error)) throw error;
      return [...late, ...changes.map(({ key }) => key)];
    }
  }
  return late;
}

/** Its project was archived or deleted meanwhile. */
function isClosed(error: unknown): boolean {
  const closed = [projectErrors.projectArchived.definition, kernelErrors.notFound.definition];
  return error instanceof DomainError && closed.some((definition) => definition === error.definition);
}
