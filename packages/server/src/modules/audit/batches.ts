/** Reads many audit rows in batches of a bounded size, whatever the size of a row. */
import type { audit, BytesRequest, RowsWithin } from '@tenant-registry/db';

/** A batch ends with the row that reaches this many bytes. */
export const BATCH_BYTES_MAX = 262_144;
/** Rows that one statement looks at, before it is known how large they are, and at most. */
const ROWS_FIRST = 64;
const ROWS_MAX = 1_024;

type Fetch = (asked: BytesRequest) => Promise<RowsWithin<audit.AuditRow>>;

/**
 * Yields batch after batch, and holds none itself. The database computes the size of each row that a statement looks at, so
 * a statement looks at no more rows than the batch before suggests, and at twice as many as that batch had.
 */
export async function* readBatches(fetch: Fetch): AsyncGenerator<readonly audit.AuditRow[]> {
  let limit = ROWS_FIRST;
  let after: readonly string[] | undefined;
  for (;;) {
    const { rows, more, lookedTo } = await fetch({ limit, bytesMax: BATCH_BYTES_MAX, after });
    const last = rows.at(-1);
    after = lookedTo ?? (last === undefined ? undefined : [last.created_at, last.id]);
    if (after === undefined) return;
    // A batch that stopped looking says nothing of how large rows are.
    if (lookedTo === undefined) limit = rows.length < limit ? rows.length + 1 : Math.min(limit * 2, ROWS_MAX);
    yield rows;
    if (!more) return;
  }
}
