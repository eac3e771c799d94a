/** Whether a history of reads and writes is one that a single register, with one writer at a time, could have given. */

export interface Operation {
  /** The times of question and answer, by one clock. */
  readonly began: number;
  readonly ended: number;
  readonly value: boolean;
}

export interface History {
  readonly name: string;
  /** One after the other; the first one made the register. `ended: Infinity`: the outcome is unknown. */
  readonly writes: readonly Operation[];
  readonly reads: readonly Operation[];
}

/**
 * Returns a sentence for each read that does not fit. A read fits when it tells of a write that had begun by its end, is
 * not older than the last write answered before it began, nor than what any read told that was answered before it began.
 */
export function violations({ name, writes, reads }: History): string[] {
  const found: string[] = [];
  const told: { readonly ended: number; readonly version: number }[] = []; // versions only grow
  for (const read of reads.toSorted((a, b) => a.ended - b.ended)) {
    const answered = writes.findLastIndex((write) => write.ended < read.began);
    const seen = told[lastBefore(told, read.began)]?.version ?? 0;
    const oldest = Math.max(answered, seen);
    // The oldest that fits: it asks least of the reads after it.
    const version = writes.findIndex(
      (write, i) => i >= oldest && write.value === read.value && write.began < read.ended,
    );
    if (version < 0) {
      const at = ({ began, ended }: Operation) => `${began.toFixed(1)}–${ended.toFixed(1)}`;
      const which =
        answered >= seen ? `was answered ${writes[oldest]?.ended.toFixed(1)}` : 'was told by an earlier read';
      found.push(`${name}: read ${read.value} at ${at(read)}, but ${writes[oldest]?.value} ${which}`);
      continue;
    }
    told.push({ ended: read.ended, version: Math.max(version, told.at(-1)?.version ?? 0) });
  }
  return found;
}

/** The index of the last that ended before the time, or -1; `told` is in the order of the ends. */
function lastBefore(told: readonly { readonly ended: number }[], time: number): number {
  let [low, high] = [0, told.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((told[middle]?.ended ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
