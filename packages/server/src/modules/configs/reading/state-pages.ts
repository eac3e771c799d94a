/** Pages of one state, from wherever that state can be read. */
import type { ActorContext } from '../../../kernel/context.ts';
import { type PageOfDatabase, pageOfDatabase, textsOfDatabase } from '../store/pages.ts';
import type { ConfigText, PageOfKeys, Place, StoredConfig } from '../store/port.ts';
import type { Moment } from './moment.ts';

export interface AskedPage extends PageOfDatabase {
  /** The state was named by a time. */
  readonly byTime: boolean;
}

/**
 * Returns a page. Questions that the store itself cannot answer are answered by the database, which another store is ahead
 * of. Throws like `page` of the store.
 */
export function pageOfState(ctx: ActorContext, place: Place, { byTime, ...asked }: AskedPage) {
  const { configStore } = ctx;
  const isFiltered = asked.schema_id !== undefined || asked.contains !== undefined;
  if (configStore.kind === 'postgres' || isFiltered || byTime) return pageOfDatabase(ctx, place, asked);
  const { prefix, after, limit, bytesMax, at, tombstones } = asked;
  return configStore.page(ctx, place, { prefix, after, limit, bytesMax, at, tombstones });
}

/** Returns a page with the contents as text: the database's own, or made of what the store has. Throws like `pageOfState`. */
export async function textsOfState(
  ctx: ActorContext,
  place: Place,
  asked: PageOfKeys & { readonly at: Moment },
): Promise<{ readonly rows: readonly ConfigText[]; readonly more: boolean }> {
  const { configStore } = ctx;
  if (configStore.kind === 'postgres' || asked.at.byTime) return textsOfDatabase(ctx, place, asked);
  const { rows, more } = await configStore.page(ctx, place, asked);
  return { rows: rows.map(toText), more };
}

function toText({ content, content_sha256, ...row }: StoredConfig): ConfigText {
  if (content_sha256 === null) throw new Error('a key with a value has the hash of its content');
  return { ...row, content: JSON.stringify(content), content_sha256 };
}
