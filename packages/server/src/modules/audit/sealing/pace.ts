/** How many rows are sealed at once: a batch that fails is tried again in smaller parts, until the row that fails is alone. */

const ROWS_MAX = 2_000;
/** A batch that failed is followed by one with so many times fewer rows. */
const SHRINKS_BY = 8;
/** For so long a row is left out that failed alone: perhaps it was not its fault. */
const LEFT_OUT_MS = 600_000;

export interface SealPace {
  /** Rows of the next batch at the most. */
  rowsMax(): number;
  /** The rows that are left out for now. */
  leftOut(): string[];
  succeeded(): void;
  /** Notes that a batch of so many rows was not sealed, the first of which is named; returns whether that one is left out now. */
  failed(batch: { readonly rows: number; readonly first: string }): boolean;
}

export function createSealPace(nowMs: () => number): SealPace {
  const untilMs = new Map<string, number>();
  let rowsMax = ROWS_MAX;
  return {
    rowsMax: () => rowsMax,
    leftOut() {
      for (const [id, ms] of untilMs) if (ms <= nowMs()) untilMs.delete(id);
      return [...untilMs.keys()];
    },
    succeeded() {
      rowsMax = Math.min(ROWS_MAX, rowsMax * 2);
    },
    failed({ rows, first }) {
      rowsMax = Math.max(1, Math.floor(rows / SHRINKS_BY));
      if (rows > 1) return false;
      untilMs.set(first, nowMs() + LEFT_OUT_MS);
      return true;
    },
  };
}
