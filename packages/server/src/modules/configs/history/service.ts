/** The history of one key: read, compared, and brought back. */
import type { ActorContext } from '../../../kernel/context.ts';
import { paginate, paginateLarge } from '../../../kernel/cursors.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { findInProject, readablePlace } from '../place.ts';
import type { Config } from '../schema.ts';
import type { Change, Place, Revision } from '../store/port.ts';
import { ignoredReaders } from '../values/accepted.ts';
import type { Found } from '../values/expected.ts';
import { type MaybeContent, patchOf } from '../values/patch.ts';
import { keptPinOf, requireValid } from '../values/pin.ts';
import { shown } from '../values/shown.ts';
import { writeKey } from '../values/write.ts';
import { findVersion, listVersions } from './recorded-versions.ts';
import type { ConfigDiff, ConfigRevision, DiffConfig, GetRevision, ListRevisions, RollbackConfig } from './schema.ts';

/** Rows of up to 256 KiB that one statement looks at. */
const ROWS_AT_ONCE = 20;

/**
 * One page of the versions of a key, the newest first; a deleted key has its history too. Throws `not_found` for a key that
 * was never written, `invalid_cursor`, `tenant_archived`.
 */
export async function listRevisions(ctx: ActorContext, { key, project_id, content, ...page }: ListRevisions) {
  const place = await readablePlace(ctx, project_id);
  const query = {
    list: 'config_revisions',
    input: { key, project_id, content, ...page },
    keyOf: ({ version }: ConfigRevision) => [String(version)],
    fetch: async (asked: Omit<Parameters<typeof listVersions>[2], 'key' | 'content'>) => {
      const { rows, more } = await listVersions(ctx, place, { key, content, ...asked });
      return { rows: rows.map((row) => shownRevision(row, content)), more };
    },
  };
  const found = content
    ? await paginateLarge(ctx, { ...query, rowsAtOnce: ROWS_AT_ONCE })
    : await paginate(ctx.cursors, query);
  // The newest versions of a key are always kept.
  if (found.items.length === 0 && page.cursor === undefined) throw kernelErrors.notFound();
  return found;
}

/** Throws `not_found` for a version that never was or is not kept any more, `tenant_archived`. */
export async function getRevision(ctx: ActorContext, { project_id, key, version }: GetRevision) {
  const place = await readablePlace(ctx, project_id);
  const revision = await findVersion(ctx, place, { key, version });
  if (revision === undefined) throw noSuchVersion('/version');
  return shownRevision(revision, true);
}

/**
 * Compares the contents of two versions. A version that is a deletion has none. Throws `not_found` for a version that never
 * was or is not kept any more, `tenant_busy`, `overloaded`, `tenant_archived`.
 */
export async function diffConfig(ctx: ActorContext, input: DiffConfig): Promise<ConfigDiff> {
  const { key, project_id } = input;
  const { place, config: current } = await findInProject(ctx, project_id, key);
  if (current === undefined) throw kernelErrors.notFound();
  const from = await sideOf(ctx, place, { key, version: input.from, pointer: '/from' });
  const to = await sideOf(ctx, place, { key, version: input.to ?? current.version, pointer: '/to' });
  const contents = { from: contentOf(from), to: contentOf(to) };
  return { from: shownSide(from), to: shownSide(to), patch: await patchOf(ctx, place, contents) };
}

type Side = Pick<Revision, 'version' | 'content' | 'content_sha256'>;

interface WantedSide {
  readonly key: string;
  readonly version: number;
  /** Names the field of the input. */
  readonly pointer: '/from' | '/to';
}

async function sideOf(ctx: ActorContext, place: Place, { key, version, pointer }: WantedSide): Promise<Side> {
  if (version === 0) return { version, content: null, content_sha256: null };
  const revision = await findVersion(ctx, place, { key, version });
  if (revision === undefined) throw noSuchVersion(pointer);
  return revision;
}

const contentOf = ({ content, content_sha256 }: Side): MaybeContent =>
  content_sha256 === null ? undefined : { content };

const shownSide = ({ version, content_sha256 }: Side) => ({ version, content_sha256 });

/**
 * Gives the key the content of an earlier version back, as a new version, also when it has that content now. The content has
 * to be valid by the schema that the key has now; a deleted key gets the one that it had, if that is still there. Throws
 * `not_found` for a version that never was, is not kept any more, or is a deletion, and like `putConfig`.
 */
export async function rollbackConfig(ctx: ActorContext, input: RollbackConfig): Promise<Config> {
  const { project_id, key, expected_version: expected } = input;
  const { place, ...found } = await findInProject(ctx, project_id, key);
  const change = (found: Found) => changeBack(ctx, place, { found, input });
  const { epoch, config } = await writeKey(ctx, { place, key, expected, found, change });
  return shown(config, epoch);
}

interface Wish {
  readonly found: Found;
  readonly input: RollbackConfig;
}

async function changeBack(ctx: ActorContext, place: Place, { found, input }: Wish): Promise<Change> {
  const { key, version, reason = null } = input;
  const { config: base } = found;
  if (base === undefined) throw kernelErrors.notFound();
  const source = await findVersion(ctx, place, { key, version });
  if (source === undefined || source.content_sha256 === null) throw noSuchVersion('/version');
  const { content, content_sha256 } = source;
  const { schema, ...pin } = await keptPinOf(ctx, place, base);
  await requireValid(ctx, place, { schema, content });
  const ignored_readers = await ignoredReaders(ctx, place, { key, content, ignore: input.ignore_readers });
  const back = { content, content_sha256, source_version: version, ignored_readers };
  return { key, base, operation: 'rollback', ...pin, reason, ...back };
}

const noSuchVersion = (pointer: string) =>
  kernelErrors.notFound({
    errors: [{ pointer, message: 'the key has no such version with content, or it is not kept any more' }],
  });

function shownRevision(revision: Revision, withContent: boolean): ConfigRevision {
  const { revision: _, content, ...told } = revision;
  return withContent ? { ...told, content } : told;
}
