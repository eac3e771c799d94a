/** All keys of one state in batches of a bounded size, whatever the size of a value. */
import type { ActorContext } from '../../../kernel/context.ts';
import type { ConfigText, Place } from '../store/port.ts';
import type { Moment } from './moment.ts';
import { textsOfState } from './state-pages.ts';

/** A batch ends with the row that reaches this many bytes of content. */
export const BATCH_BYTES_MAX = 1_048_576;
/** Rows that are asked for at once, before it is known how large they are, and at most. */
const ROWS_FIRST = 64;
const ROWS_MAX = 1_024;

/**
 * Yields batch after batch, and reads the next one while the last is taken. The store computes the size of each row that it
 * looks at, so it is asked for no more rows than the batch before suggests, and for twice as many as that batch had. Throws
 * `invalid_cursor` when the state is not kept any more.
 */
export async function* readBatches(
  ctx: ActorContext,
  place: Place,
  { at, prefix }: { readonly at: Moment; readonly prefix: string },
): AsyncGenerator<readonly ConfigText[]> {
  const read = (limit: number, after?: string) =>
    textsOfState(ctx, place, { prefix, after, limit, bytesMax: BATCH_BYTES_MAX, at });
  let limit = ROWS_FIRST;
  let reading = read(limit);
  for (;;) {
    const { rows, more } = await reading;
    const last = rows.at(-1);
    if (last === undefined) return;
    limit = rows.length < limit ? rows.length + 1 : Math.min(limit * 2, ROWS_MAX);
    if (more) {
      reading = read(limit, last.key);
      // Thrown when its turn comes; a reader that has left does not hear of it.
      reading.catch(() => {});
    }
    yield rows;
    if (!more) return;
  }
}
