/** Pages of one state, from wherever that state can be read. */
import type { ActorContext } from '../../../kernel/context.ts';
import { type PageOfDatabase, pageOfDatabase } from '../store/pages.ts';
import type { Place } from '../store/port.ts';

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
