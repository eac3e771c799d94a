/** Pages of keys as this database has them: the current state and those of the past. */
import { configPages } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import type { State } from '../cursor.ts';
import type { Author } from '../schema.ts';
import type { ConfigText, PageOfKeys, Place, StoredConfig } from './port.ts';

export interface PageOfDatabase extends PageOfKeys {
  readonly schema_id?: string | undefined;
  /** JSON that the content contains, as text. */
  readonly contains?: string | undefined;
  /** False: rows come without their content. Absent: with it. */
  readonly content?: boolean | undefined;
}

/**
 * Returns keys with a value in the order of their bytes, all of one state. Throws `invalid_cursor` for a state of another
 * epoch, one that the project has not reached, and one that is not kept any more; `unavailable` when the values were moved.
 */
export async function pageOfDatabase(
  { db, configStore }: ActorContext,
  { project_id }: Place,
  asked: PageOfDatabase,
): Promise<State & { readonly rows: readonly StoredConfig[]; readonly more: boolean }> {
  const { at, content = true, ...keys } = asked;
  const { kind } = configStore;
  const page = await configPages.listConfigs(db, { ...keys, project_id, kind, content, at: at?.revision });
  const epoch = knownEpoch(page.epoch);
  requireKnown(page, at === undefined ? [] : [at]);
  return { epoch, revision: at?.revision ?? page.head, rows: page.rows.map(toStored), more: page.more };
}

/** Returns a page of one state like `pageOfDatabase`, with the contents as text, and throws like it. */
export async function textsOfDatabase(
  { db, configStore }: ActorContext,
  { tenant_id, project_id }: Place,
  { at, ...keys }: PageOfKeys & { readonly at: State },
): Promise<{ readonly rows: readonly ConfigText[]; readonly more: boolean }> {
  const { kind } = configStore;
  const page = await configPages.listConfigTexts(db, { ...keys, project_id, kind, at: at.revision });
  knownEpoch(page.epoch);
  requireKnown(page, [at]);
  const rows = page.rows.map(({ pruned: _, content, content_sha256, updated_by, ...row }) => {
    if (content === null || content_sha256 === null) throw new Error('a key with a value has a content and its hash');
    // What the registry wrote itself.
    return {
      tenant_id,
      project_id,
      ...row,
      content: written(content),
      content_sha256,
      updated_by: updated_by as Author,
    };
  });
  return { rows, more: page.more };
}

/** From 1e21 on JSON has an exponent here, and the database writes every digit: readers would take that for another type. */
const LONG_NUMBER = /\d{22}/;

function written(content: string): string {
  return LONG_NUMBER.test(content) ? JSON.stringify(JSON.parse(content)) : content;
}

/** Returns the row as a key with a value. */
export function toStored({ pruned: _, updated_by, ...row }: configPages.ConfigPageRow): StoredConfig {
  // What the registry wrote itself.
  return { ...row, updated_by: updated_by as Author, deleted: false };
}

interface Told {
  readonly epoch: string | null;
  readonly head: number;
  readonly rows: readonly { readonly pruned: boolean }[];
}

/** Throws `invalid_cursor` unless the states are of this epoch, have been reached, and are kept. */
export function requireKnown({ epoch, head, rows }: Told, states: readonly State[]): void {
  const isKnown = (state: State) => state.epoch === epoch && state.revision <= head;
  if (!states.every(isKnown) || rows.some(({ pruned }) => pruned)) throw kernelErrors.invalidCursor();
}

/** Returns the epoch. Throws `unavailable` when the values were moved to another store than this process was started for. */
export function knownEpoch(epoch: string | null): string {
  if (epoch !== null) return epoch;
  throw kernelErrors.unavailable({
    detail: 'Configurations were moved to another store: the registry has to be restarted.',
  });
}
