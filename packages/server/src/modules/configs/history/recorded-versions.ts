/**
 * The versions of a key: those that the database has, and those that the store has made and not brought there yet. The
 * store is asked first: a version that it has handed over meanwhile is in the database by then, so none is missed.
 */
import { configHistory, type configs } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import type { Author } from '../schema.ts';
import type { Place, Revision } from '../store/port.ts';

/** Returns the version; undefined when it never was, or is not kept any more. */
export async function findVersion(
  ctx: ActorContext,
  place: Place,
  { key, version }: { readonly key: string; readonly version: number },
): Promise<Revision | undefined> {
  const waiting = await ctx.configStore.findUnrelayed?.(ctx, place, { key, version });
  if (waiting !== undefined) return waiting;
  const row = await configHistory.findConfigVersion(ctx.db, { project_id: place.project_id, key, version });
  return row && revisionFrom(row);
}

interface Asked {
  readonly key: string;
  readonly content: boolean;
  readonly limit: number;
  readonly bytesMax: number;
  readonly after?: readonly string[] | undefined;
}

/** Returns versions of the key that are older than `after`, the newest first, each once. */
export async function listVersions(
  ctx: ActorContext,
  place: Place,
  { key, content, ...page }: Asked,
): Promise<{ readonly rows: readonly Revision[]; readonly more: boolean }> {
  const before = page.after === undefined ? undefined : Number(page.after[0]);
  const { limit, bytesMax } = page;
  const waiting = await ctx.configStore.listUnrelayed?.(ctx, place, { key, before, limit, bytesMax });
  // What waits is newer than what the database has.
  if (waiting?.more) return waiting;
  const wanted = { project_id: place.project_id, key, content };
  const { rows, more } = await configHistory.listConfigVersions(ctx.db, wanted, page);
  const oldest = more ? (rows.at(-1)?.version ?? 0) : 0;
  const newer = waiting?.rows.filter(({ version }) => version >= oldest) ?? [];
  const all = merged(newer, rows.map(revisionFrom));
  return { rows: all.slice(0, page.limit), more: more || all.length > page.limit };
}

function merged(waiting: readonly Revision[], stored: readonly Revision[]): Revision[] {
  const byVersion = new Map([...waiting, ...stored].map((revision) => [revision.version, revision]));
  return [...byVersion.values()].sort((a, b) => b.version - a.version);
}

function revisionFrom({ author, ...row }: configs.ConfigRevisionRow): Revision {
  return { ...row, author: author as Author }; // what the registry wrote itself
}
