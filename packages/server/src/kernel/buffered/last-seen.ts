/** Gathers last-seen times in memory and drains them in batches: noting one costs a look-up and no I/O. */
const INTERVAL_MS = 60_000;
const IDS_MAX = 100_000;

export interface LastSeen {
  /** Notes that the thing was seen; at most once a minute and id. */
  saw(id: string, at: Date): void;
  /** Returns the notes since the last drain, and forgets them. */
  drain(): ReadonlyMap<string, Date>;
  /** Takes back a batch that could not be written; later times stay. */
  restore(batch: ReadonlyMap<string, Date>): void;
}

/** Makes one that notes each id once a minute, of at most 100,000 ids that it remembers. */
export function createLastSeen(): LastSeen {
  const latest = new Map<string, number>();
  let noted = new Map<string, Date>();
  return {
    saw(id, at) {
      const before = latest.get(id);
      if (before !== undefined && at.getTime() - before < INTERVAL_MS) return;
      // All that is lost with them is the saving: what is seen again is noted again.
      if (latest.size >= IDS_MAX) latest.clear();
      latest.set(id, at.getTime());
      noted.set(id, at);
    },
    drain() {
      const batch = noted;
      noted = new Map();
      return batch;
    },
    restore(batch) {
      noted = new Map([...batch, ...noted]);
    },
  };
}
